package resume

import (
	"testing"
	"time"

	"bt/client/bitfield"
	"bt/client/metainfo"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

const kib32 = 32 << 10

func stamp(size int64) FileStamp { return FileStamp{Size: size, ModTime: saved, Exists: true} }

func touched(f FileStamp) FileStamp {
	f.ModTime = f.ModTime.Add(1)
	return f
}

// TestTrust tells stories of a torrent with three files of one and a half
// pieces each; a column is half a piece:
//
//	pieces  0 0 1 1 2 2 3 3 4
//	files   a a a b b b c c c
func TestTrust(t *testing.T) {
	m := torrentOf(kib32, 49152, 49152, 49152)
	const n = 5
	base := func() State {
		return State{
			InfoHash: m.InfoHash, Pieces: bits(n, 0, 1, 2), Clean: true, Saved: saved,
			Files: []FileStamp{stamp(49152), stamp(49152), stamp(49152), {}},
		}
	}
	gone := FileStamp{}
	for _, test := range []struct {
		name           string
		state          func(*State)
		now            func([]FileStamp)
		trusted, check []int
	}{
		{"nothing has changed", nil, nil, []int{0, 1, 2}, []int{}},
		{"a file was touched", nil, func(f []FileStamp) { f[0] = touched(f[0]) }, []int{2}, []int{0, 1}},
		{"a shared piece depends on both", nil, func(f []FileStamp) { f[1] = touched(f[1]) }, []int{0}, []int{1, 2}},
		{"a file we have nothing of was touched", nil, func(f []FileStamp) { f[2] = touched(f[2]) }, []int{0, 1, 2}, []int{3, 4}},
		{"a file has shrunk", nil, func(f []FileStamp) { f[1] = stamp(16384) }, []int{0}, []int{1}},
		{"a file has shrunk by a byte", nil, func(f []FileStamp) { f[0] = stamp(49151) }, []int{2}, []int{0}},
		{"a file has grown", nil, func(f []FileStamp) { f[0] = stamp(49153) }, []int{2}, []int{0, 1}},
		{"a file has vanished", nil, func(f []FileStamp) { f[1] = gone }, []int{0}, []int{}},
		{"all have vanished", nil, func(f []FileStamp) { clear(f) }, []int{}, []int{}},
		{"a file has come", func(s *State) { s.Files[2] = gone }, nil, []int{0, 1, 2}, []int{3, 4}},
		{"another file of the same size", nil, func(f []FileStamp) { f[0].ModTime = saved.Add(-time.Hour) }, []int{2}, []int{0, 1}},
		{"a part file we have no use for", nil, func(f []FileStamp) { f[3] = stamp(1) }, []int{0, 1, 2}, []int{}},
		{
			"suspect after a clean end",
			func(s *State) { s.Suspect = bits(n, 2, 4) }, nil, []int{0, 1, 2}, []int{4},
		},
		{
			"suspect after an unclean end",
			func(s *State) { s.Suspect, s.Clean = bits(n, 2, 4), false }, nil, []int{0, 1}, []int{2, 4},
		},
		{
			"an unclean end without a suspect",
			func(s *State) { s.Clean = false }, nil, []int{0, 1, 2}, []int{},
		},
		{
			"suspect, and the file is gone",
			func(s *State) { s.Suspect, s.Clean = bits(n, 2, 4), false }, func(f []FileStamp) { f[2] = gone }, []int{0, 1}, []int{2},
		},
		{
			"a lie about what no file could hold",
			func(s *State) { s.Files[0] = stamp(40000) }, func(f []FileStamp) { f[0] = stamp(40000) }, []int{0, 2}, []int{},
		},
		{
			"a lie about what is no file",
			func(s *State) { s.Files[1] = gone }, func(f []FileStamp) { f[1] = gone }, []int{0}, []int{},
		},
		{
			"another torrent's pieces",
			func(s *State) { s.Pieces = bits(n + 1) }, func(f []FileStamp) { f[1] = gone }, []int{}, []int{0, 3, 4},
		},
	} {
		s := base()
		now := append([]FileStamp{}, s.Files...)
		for i := range now[:3] {
			now[i] = stamp(49152)
		}
		if test.state != nil {
			test.state(&s)
		}
		if test.now != nil {
			test.now(now)
		}
		trusted, check := Trust(&s, &m.Info, now)
		if diff := cmp.Diff([][]int{test.trusted, test.check}, [][]int{list(trusted), list(check)}); diff != "" {
			t.Errorf("%s: trusted and check (-want +got):\n%s", test.name, diff)
		}
	}
}

// TestTrustWithPartFile: of the same torrent, the middle file is not wanted.
func TestTrustWithPartFile(t *testing.T) {
	m := torrentOf(kib32, 49152, 49152, 49152)
	gone, whole, part := FileStamp{}, stamp(49152), stamp(2*kib32)
	base := State{
		InfoHash: m.InfoHash, Pieces: bits(5, 0, 1, 2, 3), Clean: true, Saved: saved,
		Files: []FileStamp{whole, gone, whole, part}, Priorities: []int{1, 0, 1},
	}
	for _, test := range []struct {
		name           string
		now            []FileStamp
		trusted, check []int
	}{
		{"nothing has changed", []FileStamp{whole, gone, whole, part}, []int{0, 1, 2, 3}, []int{}},
		{"the part file was touched", []FileStamp{whole, gone, whole, touched(part)}, []int{0, 3}, []int{1, 2}},
		{"the part file has vanished", []FileStamp{whole, gone, whole, gone}, []int{0, 3}, []int{}},
		{"someone put the file there", []FileStamp{whole, whole, whole, part}, []int{0, 3}, []int{1, 2}},
		{"the part file was emptied into it", []FileStamp{whole, whole, whole, gone}, []int{0, 3}, []int{1, 2}},
	} {
		trusted, check := Trust(&base, &m.Info, test.now)
		if diff := cmp.Diff([][]int{test.trusted, test.check}, [][]int{list(trusted), list(check)}); diff != "" {
			t.Errorf("%s: trusted and check (-want +got):\n%s", test.name, diff)
		}
	}
}

// TestTrustOfUnusualFiles: empty files and pads have no say, wherever they lie.
func TestTrustOfUnusualFiles(t *testing.T) {
	m := torrentOf(kib32, 0, kib32, 0, 16384, pad|16384, 0, kib32-1)
	files := make([]FileStamp, 8)
	files[1], files[3], files[6] = stamp(kib32), stamp(16384), stamp(kib32-1)
	s := State{InfoHash: m.InfoHash, Pieces: bits(3, 0, 1, 2), Files: files, Clean: true}
	now := append([]FileStamp{}, files...)
	now[0], now[2], now[4], now[5] = stamp(0), stamp(5), stamp(9), stamp(0)
	if trusted, check := Trust(&s, &m.Info, now); !trusted.All() || !check.None() {
		t.Errorf("trusts %v, checks %v", list(trusted), list(check))
	}
	now[6] = stamp(kib32 - 2)
	if trusted, check := Trust(&s, &m.Info, now); !cmp.Equal(list(trusted), []int{0, 1}) || !check.None() {
		t.Errorf("with the last file cut off: trusts %v, checks %v", list(trusted), list(check))
	}
	empty := torrentOf(kib32, 0)
	if trusted, check := Trust(nil, &empty.Info, make([]FileStamp, 2)); trusted.Len() != 0 || check.Len() != 0 {
		t.Errorf("of an empty torrent, trusts %v, checks %v", list(trusted), list(check))
	}
}

func TestTrustWithoutState(t *testing.T) {
	m := torrentOf(kib32, 49152, 49152, 49152)
	trusted, check := Trust(nil, &m.Info, []FileStamp{stamp(49152), stamp(20000), {}, {}})
	if !trusted.None() || !cmp.Equal(list(check), []int{0, 1}) {
		t.Errorf("trusts %v, checks %v", list(trusted), list(check))
	}
	// Of what is not known to be elsewhere, all may be in the part file.
	trusted, check = Trust(nil, &m.Info, []FileStamp{stamp(49152), {}, {}, stamp(kib32)})
	if !trusted.None() || !check.All() {
		t.Errorf("with a part file: trusts %v, checks %v", list(trusted), list(check))
	}
	defer func() {
		if recover() == nil {
			t.Error("takes stamps of another shape")
		}
	}()
	Trust(nil, &m.Info, make([]FileStamp, 3))
}

// anyTorrent draws a torrent of few pieces, in units of u bytes.
func anyTorrent(t *rapid.T, u int64) *metainfo.MetaInfo {
	sizes := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) int64 {
		return rapid.Int64Range(0, 9).Draw(t, "units")*u | rapid.SampledFrom([]int64{0, 0, 0, pad}).Draw(t, "pad")
	}), 1, 8).Draw(t, "sizes")
	sizes[0] |= 1 // a byte at least, and nothing aligned
	return torrentOf(4*u, sizes...)
}

// oracle says of one piece what Trust should, unit by unit of its bytes.
func oracle(s *State, info *metainfo.Info, now []FileStamp, p int, step int64) (trusted, check bool) {
	possible, same := true, true
	begin := int64(p) * info.PieceLength
	offsets := []int64{begin + info.PieceSize(p) - 1}
	for at := begin; at < begin+info.PieceSize(p); at += step {
		offsets = append(offsets, at)
	}
	part := len(now) - 1
	for f := range info.Files {
		file := &info.Files[f]
		skipped := s.Priorities != nil && s.Priorities[f] == 0
		for _, at := range append(offsets, file.Offset, file.Offset+file.Length-1) {
			if file.Pad || at < file.Offset || at >= file.Offset+file.Length || at < begin || at >= begin+info.PieceSize(p) {
				continue
			}
			inFile := now[f].Exists && now[f].Size > at-file.Offset
			possible = possible && (inFile || skipped && now[part].Exists)
			same = same && now[f] == s.Files[f] && (!skipped || now[part] == s.Files[part])
		}
	}
	believed := s.Pieces.Has(p) && same && possible && (s.Clean || !s.Suspect.Has(p))
	return believed, possible && !believed && (!same || s.Suspect.Has(p))
}

func TestTrustIsWhatTheOracleSays(t *testing.T) {
	const u = 4096
	rapid.Check(t, func(t *rapid.T) {
		m := anyTorrent(t, u)
		info, n := &m.Info, m.Info.NumPieces()
		someBits := func(what string) bitfield.Bitfield {
			b := bitfield.New(n)
			for i := range n {
				if rapid.Bool().Draw(t, what) {
					b.Set(i)
				}
			}
			return b
		}
		s := State{InfoHash: m.InfoHash, Pieces: someBits("had"), Suspect: someBits("suspect"), Clean: rapid.Bool().Draw(t, "clean")}
		anyStamp := rapid.Custom(func(t *rapid.T) FileStamp {
			if rapid.IntRange(0, 3).Draw(t, "exists") == 0 {
				return FileStamp{}
			}
			return stamp(rapid.Int64Range(0, 10).Draw(t, "units")*u + rapid.Int64Range(0, 1).Draw(t, "byte"))
		})
		var now []FileStamp
		for i := range len(info.Files) + 1 {
			f := anyStamp.Draw(t, "then")
			if i < len(info.Files) && rapid.Bool().Draw(t, "whole") {
				f = stamp(info.Files[i].Length)
			}
			s.Files, now = append(s.Files, f), append(now, f)
			switch rapid.IntRange(0, 5).Draw(t, "change") {
			case 0:
				now[i] = anyStamp.Draw(t, "now")
			case 1:
				if f.Exists {
					now[i] = touched(f)
				}
			}
		}
		if rapid.Bool().Draw(t, "with priorities") {
			s.Priorities = rapid.SliceOfN(rapid.IntRange(0, 1), len(info.Files), len(info.Files)).Draw(t, "priorities")
		}
		trusted, check := Trust(&s, info, now)
		for p := range n {
			wantTrusted, wantCheck := oracle(&s, info, now, p, u)
			if trusted.Has(p) != wantTrusted || check.Has(p) != wantCheck {
				t.Fatalf("piece %d: trusted %t, check %t, want %t and %t", p, trusted.Has(p), check.Has(p), wantTrusted, wantCheck)
			}
		}
	})
}

func TestSample(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := anyTorrent(t, 4096)
		s := &State{InfoHash: m.InfoHash, Saved: time.Unix(rapid.Int64Range(0, 1000).Draw(t, "saved"), 0)}
		trusted := bitfield.New(m.Info.NumPieces())
		for p := range trusted.Len() {
			if rapid.Bool().Draw(t, "trusted") {
				trusted.Set(p)
			}
		}
		sample := Sample(s, &m.Info, &trusted)
		for _, p := range list(sample) {
			if !trusted.Has(p) {
				t.Fatalf("samples piece %d, which is not trusted", p)
			}
		}
		for f := range m.Info.Files {
			first, last, ok := m.Info.FilePieces(f)
			if !ok || m.Info.Files[f].Pad {
				continue
			}
			if p := trusted.Next(first); p < 0 || p > last {
				continue
			}
			if p := sample.Next(first); p < 0 || p > last {
				t.Fatalf("no sample of file %d, pieces %d to %d, trusted %v, sample %v", f, first, last, list(trusted), list(sample))
			}
		}
		if again := Sample(s, &m.Info, &trusted); !cmp.Equal(list(again), list(sample)) {
			t.Fatalf("samples %v, then %v", list(sample), list(again))
		}
	})
}

func TestSampleChangesWithTheSaveAndIsBounded(t *testing.T) {
	m := torrentOf(kib32, 1000*kib32)
	trusted := bits(1000)
	trusted.SetAll()
	seen := map[int]bool{}
	for i := range 50 {
		sample := Sample(&State{InfoHash: m.InfoHash, Saved: saved.Add(time.Duration(i))}, &m.Info, &trusted)
		if sample.Count() != 1 {
			t.Fatalf("samples %v of one file", list(sample))
		}
		seen[sample.Next(0)] = true
	}
	if len(seen) < 40 {
		t.Errorf("50 samples are of %d pieces only", len(seen))
	}

	sizes := make([]int64, 1000)
	for i := range sizes {
		sizes[i] = kib32
	}
	many := torrentOf(kib32, sizes...)
	sample := Sample(&State{InfoHash: many.InfoHash}, &many.Info, &trusted)
	if n := sample.Count(); n < sampleMax/2 || n > sampleMax {
		t.Errorf("samples %d pieces of 1000 files, want up to %d", n, sampleMax)
	}
}
