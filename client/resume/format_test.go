package resume

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"bt/client/bitfield"
	"bt/client/metainfo"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// TestLayout holds the format to its description, byte for byte: states
// written by one version of the program are read by the next.
func TestLayout(t *testing.T) {
	s := State{
		InfoHash: metainfo.Hash{0xaa, 19: 0xbb}, Name: "n", Pieces: bits(9, 0, 8), Suspect: bits(9, 1),
		Files:      []FileStamp{{Size: 258, ModTime: time.Unix(-1, 5), Exists: true}, {Size: 9, ModTime: saved}},
		Priorities: []int{7}, Downloaded: 1, Uploaded: 2, Clean: true, Saved: time.Unix(256, 3),
	}
	body := "62742d686176650a" + "00000001" + // magic, version
		"aa" + strings.Repeat("00", 18) + "bb" +
		"0000000000000100" + "00000003" + "01" + // saved, clean
		"0000000000000001" + "0000000000000002" +
		"00000001" + "6e" +
		"00000009" + "8080" + "4000" + // pieces, suspect
		"00000002" +
		"01" + "0000000000000102" + "ffffffffffffffff" + "00000005" +
		"00" + strings.Repeat("00", 20) +
		"00000001" + "00000007"
	want, _ := hex.DecodeString(body)
	got := Encode(s)
	if !bytes.Equal(got, seal(want)) {
		t.Fatalf("encoded as\n%x, want\n%x", got, seal(want))
	}
}

// TestLayoutOfUnsure: what is unsure makes it one of version 2.
func TestLayoutOfUnsure(t *testing.T) {
	s := wholeState()
	first := Encode(s)
	s.Unsure = bits(11)
	if !bytes.Equal(Encode(s), first) {
		t.Error("nothing unsure makes a difference")
	}
	s.Unsure = bits(11, 7)
	got, at := Encode(s), 8+4+20+12+1+16+4+len(s.Name)+4+2+2
	want := bytes.Clone(first[:len(first)-sha256.Size])
	want[11] = 2
	want = slices.Insert(want, at, 0x01, 0x00)
	if !bytes.Equal(got, seal(want)) {
		t.Errorf("encoded as\n%x, want\n%x", got, seal(want))
	}
	if diff := cmp.Diff(s, mustDecode(t, got), sameState); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for what, b := range map[string][]byte{"none": {0, 0}, "not suspect": {0x20, 0}, "spare bits": {0x01, 0x10}, "had": {0x41, 0}} {
		lie := bytes.Clone(want)
		copy(lie[at:], b)
		if _, err := Decode(seal(lie)); !errors.Is(err, ErrDamaged) {
			t.Errorf("unsure pieces %s: error %v, want ErrDamaged", what, err)
		}
	}
}

// seal appends the checksum to a body.
func seal(body []byte) []byte {
	sum := sha256.Sum256(body)
	return append(bytes.Clone(body), sum[:]...)
}

func mustDecode(t interface{ Fatal(...any) }, b []byte) State {
	s, err := Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestRoundTrip(t *testing.T) {
	want := wholeState()
	if diff := cmp.Diff(want, mustDecode(t, Encode(want)), sameState); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	want.Suspect, want.Priorities, want.Clean, want.Saved = bitfield.Bitfield{}, nil, false, time.Time{}
	got := mustDecode(t, Encode(want))
	want.Suspect = bits(11)
	if diff := cmp.Diff(want, got, sameState); diff != "" || !got.Saved.IsZero() {
		t.Errorf("without what may be left out (-want +got):\n%s", diff)
	}
}

func TestAnyStateSurvives(t *testing.T) {
	moment := rapid.Custom(func(t *rapid.T) time.Time {
		return time.Unix(rapid.Int64Range(-1<<40, 1<<40).Draw(t, "seconds"), rapid.Int64Range(0, 999_999_999).Draw(t, "nanos"))
	})
	some := func(t *rapid.T, n int) bitfield.Bitfield {
		return bits(n, rapid.SliceOfN(rapid.IntRange(0, max(n-1, 0)), 0, n).Draw(t, "bits")...)
	}
	rapid.Check(t, func(t *rapid.T) {
		n, files := rapid.IntRange(0, 40).Draw(t, "pieces"), rapid.IntRange(0, 5).Draw(t, "files")
		want := State{
			InfoHash: metainfo.Hash(rapid.SliceOfN(rapid.Byte(), 20, 20).Draw(t, "info-hash")),
			Name:     rapid.StringOfN(rapid.Rune(), 0, 60, 255).Draw(t, "name"),
			Pieces:   some(t, n), Suspect: some(t, n),
			Downloaded: rapid.Int64Range(0, math.MaxInt64).Draw(t, "down"), Uploaded: rapid.Int64Range(0, math.MaxInt64).Draw(t, "up"),
			Clean: rapid.Bool().Draw(t, "clean"), Saved: moment.Draw(t, "saved"),
		}
		for range files + 1 {
			var f FileStamp
			if rapid.Bool().Draw(t, "exists") {
				f = FileStamp{rapid.Int64Range(0, math.MaxInt64).Draw(t, "size"), moment.Draw(t, "modified"), true}
			}
			want.Files = append(want.Files, f)
		}
		if files > 0 && rapid.Bool().Draw(t, "with priorities") {
			want.Priorities = rapid.SliceOfN(rapid.IntRange(0, math.MaxInt32), files, files).Draw(t, "priorities")
		}
		for _, p := range list(want.Suspect) {
			if !want.Pieces.Has(p) && rapid.Bool().Draw(t, "unsure") {
				if want.Unsure.Len() == 0 {
					want.Unsure = bits(n)
				}
				want.Unsure.Set(p)
			}
		}
		if diff := cmp.Diff(want, mustDecode(t, Encode(want)), sameState); diff != "" {
			t.Fatalf("(-want +got):\n%s", diff)
		}
	})
}

// TestDamageIsFound cuts a state everywhere, and changes every byte of it.
func TestDamageIsFound(t *testing.T) {
	whole := Encode(wholeState())
	wantBad := func(what string, at int, b []byte) {
		t.Helper()
		want := ErrDamaged
		if len(b) >= 12 && at >= 8 && at < 12 {
			want = ErrVersion
		}
		if _, err := Decode(b); !errors.Is(err, want) {
			t.Fatalf("%s %d: error %v, want %v", what, at, err, want)
		}
	}
	for n := range whole {
		wantBad("cut off after", n, whole[:n:n][:n])
		for _, mask := range []byte{0x01, 0x80, 0xff} {
			b := bytes.Clone(whole)
			b[n] ^= mask
			wantBad("changed byte", n, b)
		}
	}
	wantBad("with bytes appended", len(whole), append(bytes.Clone(whole), 0))
	wantBad("nothing but zeros", 0, make([]byte, len(whole)))
}

// TestLiesAreRefused: a checksum can be right and the rest wrong. The sizes
// that are claimed are far beyond what is there, so that one which is allocated
// before it is checked shows.
func TestLiesAreRefused(t *testing.T) {
	s := State{Name: "name", Pieces: bits(9), Files: make([]FileStamp, 3), Priorities: []int{1, 1}}
	whole := Encode(s)
	body := whole[:len(whole)-sha256.Size]
	const name, pieces = 8 + 4 + 20 + 12 + 1 + 16, 8 + 4 + 20 + 12 + 1 + 16 + 4 + 4
	const stamps, prios = pieces + 4 + 2 + 2, pieces + 4 + 2 + 2 + 4 + 3*stampLen
	for _, test := range []struct {
		what  string
		at    int
		bytes string
	}{
		{"clean is 2", 8 + 4 + 20 + 12, "\x02"},
		{"saved has too many nanoseconds", 8 + 4 + 20 + 8, "\x3b\x9a\xca\x00"},
		{"negative bytes downloaded", name - 16, "\x80"},
		{"negative bytes uploaded", name - 8, "\x80"},
		{"name of 4 GiB", name, "\xff\xff\xff\xff"},
		{"name of 256 bytes", name, "\x00\x00\x01\x00"},
		{"4 Gi pieces", pieces, "\xff\xff\xff\xff"},
		{"2 Mi pieces", pieces, "\x00\x20\x00\x00"},
		{"a piece less", pieces, "\x00\x00\x00\x08"},
		{"spare bits of the pieces", pieces + 4 + 1, "\x01"},
		{"spare bits of the suspect ones", pieces + 4 + 3, "\x40"},
		{"4 Gi stamps", stamps, "\xff\xff\xff\xff"},
		{"128 Ki stamps", stamps, "\x00\x02\x00\x00"},
		{"no stamps", stamps, "\x00\x00\x00\x00"},
		{"a stamp that exists by half", stamps + 4, "\x03"},
		{"a size of nothing", stamps + 4 + 8, "\x01"},
		{"a time of nothing", stamps + 4 + 16, "\x01"},
		{"a negative size", stamps + 4, "\x01\xff"},
		{"128 Ki priorities", prios, "\x00\x02\x00\x00"},
		{"a priority less", prios, "\x00\x00\x00\x01"},
		{"a priority out of range", prios + 4, "\x80"},
	} {
		b := bytes.Clone(body)
		if copy(b[test.at:], test.bytes); bytes.Equal(b, body) {
			t.Fatalf("%s: nothing changed", test.what)
		}
		b = seal(b)
		if _, err := Decode(b); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: error %v, want ErrDamaged", test.what, err)
		}
		if n := allocated(func() { Decode(b) }); n > 16<<10 {
			t.Errorf("%s: allocates %d bytes for %d", test.what, n, len(b))
		}
	}
}

func TestBytesAfterTheEndAreRefused(t *testing.T) {
	whole := Encode(wholeState())
	if _, err := Decode(seal(append(whole[:len(whole)-sha256.Size], 0))); !errors.Is(err, ErrDamaged) {
		t.Errorf("error %v, want ErrDamaged", err)
	}
}

// allocated returns how many bytes f allocates. No test here runs beside others.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func TestEncodePanicsOnOurOwnMistakes(t *testing.T) {
	for what, change := range map[string]func(*State){
		"long name":           func(s *State) { s.Name = strings.Repeat("x", 256) },
		"suspect of the half": func(s *State) { s.Suspect = bits(5) },
		"unsure of the half":  func(s *State) { s.Unsure = bits(5, 1) },
		"unsure, not suspect": func(s *State) { s.Unsure = bits(11, 2) },
		"unsure, and had":     func(s *State) { s.Unsure = bits(11, 1) },
		"no stamps":           func(s *State) { s.Files = nil },
		"priorities of some":  func(s *State) { s.Priorities = []int{1} },
		"negative priority":   func(s *State) { s.Priorities = []int{1, -1} },
		"negative total":      func(s *State) { s.Uploaded = -1 },
		"negative size":       func(s *State) { s.Files[0].Size = -1 },
	} {
		s := wholeState()
		change(&s)
		func() {
			defer func() {
				if r := recover(); r == nil || !strings.HasPrefix(r.(string), "resume: ") {
					t.Errorf("%s: recovered %v", what, r)
				}
			}()
			Encode(s)
		}()
	}
}

// FuzzDecode: no bytes make the decoder panic, and what it accepts has one
// encoding. With sealed the checksum is right, so that the rest is reached.
func FuzzDecode(f *testing.F) {
	whole := Encode(wholeState())
	f.Add(whole, false)
	f.Add(whole[:len(whole)-sha256.Size], true)
	doubtful := wholeState()
	doubtful.Unsure = bits(11, 7)
	whole = Encode(doubtful)
	f.Add(whole[:len(whole)-sha256.Size], true)
	small := Encode(State{Files: make([]FileStamp, 1)})
	f.Add(small[:len(small)-sha256.Size], true)
	f.Fuzz(func(t *testing.T, b []byte, sealed bool) {
		if sealed {
			b = seal(b)
		}
		s, err := Decode(b)
		switch {
		case err == nil:
			if again := Encode(s); !bytes.Equal(again, b) {
				t.Fatalf("%x\nis encoded again as %x", b, again)
			}
		case !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrVersion):
			t.Fatalf("untyped error %v", err)
		}
	})
}
