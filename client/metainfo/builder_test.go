package metainfo_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"bt/client/metainfo"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestChoosePieceLength(t *testing.T) {
	for _, tt := range []struct{ total, want int64 }{
		{0, 16 << 10},
		{1, 16 << 10},
		{2000 * 16 << 10, 32 << 10}, // the bound itself is not worth a special case
		{2000*16<<10 - 1, 16 << 10},
		{1 << 30, 1 << 20},
		{4 << 30, 4 << 20},
		{100 << 30, 16 << 20},
		{1<<63 - 1, 16 << 20},
	} {
		if got := metainfo.ChoosePieceLength(tt.total); got != tt.want {
			t.Errorf("ChoosePieceLength(%d) = %d, want %d", tt.total, got, tt.want)
		}
	}
}

func TestEncodeIsCanonical(t *testing.T) {
	b := metainfo.Builder{
		Name: "d", Files: []metainfo.BuildFile{{Path: []string{"x", "y"}, Length: 5}}, PieceLength: 16384, Private: true,
		Trackers: [][]string{{"http://a"}, {}, {"http://b"}}, Comment: "c", CreatedBy: "me", Created: time.Unix(7, 0),
	}
	got, err := b.Encode([]metainfo.Hash{metainfo.Hash([]byte(hashes(1)))})
	if err != nil {
		t.Fatal(err)
	}
	want := "d8:announce8:http://a13:announce-listll8:http://ael8:http://bee7:comment1:c10:created by2:me13:creation datei7e" +
		"4:infod5:filesld6:lengthi5e4:pathl1:x1:yeee4:name1:d12:piece lengthi16384e6:pieces20:" + hashes(1) + "7:privatei1eee"
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestEncodeErrors(t *testing.T) {
	file := []metainfo.BuildFile{{Path: []string{"a"}, Length: 5}}
	one := make([]metainfo.Hash, 1)
	tests := []struct {
		name   string
		b      metainfo.Builder
		hashes []metainfo.Hash
		want   string
	}{
		{"no files", metainfo.Builder{Name: "a", PieceLength: 16384}, nil, "info.files: is empty"},
		{"single without a file", metainfo.Builder{Name: "a", PieceLength: 16384, Single: true}, nil, "single-file torrent with 0 files"},
		{"no hash", metainfo.Builder{Name: "a", PieceLength: 16384, Files: file}, nil, "info.pieces: 0 hashes"},
		{"no piece length", metainfo.Builder{Name: "a", Files: file}, one, "info.piece length: 0 is not positive"},
		{"no name", metainfo.Builder{PieceLength: 16384, Files: file}, one, "info.name: a name cannot be empty"},
		{"no path", metainfo.Builder{Name: "a", PieceLength: 16384, Files: []metainfo.BuildFile{{Length: 5}}}, one, "info.files[0].path: is empty"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, err := tt.b.Encode(tt.hashes); err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error = %v, want %q", err, tt.want)
			}
		})
	}
}

// What is built is what is parsed.
func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := drawBuilder(t)
		total := int64(0)
		for _, f := range b.Files {
			total += f.Length
		}
		pieces := make([]metainfo.Hash, (total+b.PieceLength-1)/b.PieceLength)
		for i := range pieces {
			copy(pieces[i][:], fmt.Sprint("piece ", i))
		}
		file, err := b.Encode(pieces)
		if err != nil {
			t.Fatalf("Encode: %v", err)
		}
		m, err := metainfo.Parse(file)
		if err != nil {
			t.Fatalf("Parse: %v", err)
		}
		checkInvariants(t, m)
		got := metainfo.Builder{
			Name: m.Info.Name, Single: !m.Info.Multi, PieceLength: m.Info.PieceLength, Private: m.Info.Private,
			Trackers: m.Trackers, Comment: m.Comment, CreatedBy: m.CreatedBy, Created: m.Created,
		}
		for _, f := range m.Info.Files {
			got.Files = append(got.Files, metainfo.BuildFile{Path: f.Path, Length: f.Length})
		}
		if diff := cmp.Diff(b, got); diff != "" {
			t.Fatal(diff)
		}
		for i, want := range pieces {
			if m.Info.PieceHash(i) != want {
				t.Fatalf("hash of piece %d = %s, want %s", i, m.Info.PieceHash(i), want)
			}
		}
		if m.Notes != nil {
			t.Fatalf("notes: %q", m.Notes)
		}
	})
}

// drawBuilder draws a torrent whose names need no change.
func drawBuilder(t *rapid.T) metainfo.Builder {
	devices := []string{"con", "prn", "aux", "nul"} // of Windows
	word := rapid.StringMatching(`[a-z]{1,8}`).Filter(func(s string) bool { return !slices.Contains(devices, s) })
	b := metainfo.Builder{
		Name:        word.Draw(t, "name"),
		Single:      rapid.Bool().Draw(t, "single"),
		PieceLength: 1 << rapid.IntRange(10, 20).Draw(t, "piece length"),
		Private:     rapid.Bool().Draw(t, "private"),
		Comment:     rapid.String().Draw(t, "comment"),
		CreatedBy:   rapid.String().Draw(t, "created by"),
	}
	if s := rapid.Int64Range(0, 1<<32).Draw(t, "created"); s > 0 {
		b.Created = time.Unix(s, 0).UTC()
	}
	for tier := range rapid.IntRange(0, 3).Draw(t, "tiers") {
		urls := []string{}
		for n := range rapid.IntRange(1, 3).Draw(t, "trackers") {
			urls = append(urls, fmt.Sprintf("http://tracker%d.tier%d/announce", n, tier))
		}
		b.Trackers = append(b.Trackers, urls)
	}
	length := rapid.OneOf(rapid.Just[int64](0), rapid.Int64Range(1, 100_000), rapid.Just(b.PieceLength))
	if b.Single {
		b.Files = []metainfo.BuildFile{{Path: []string{b.Name}, Length: length.Draw(t, "length")}}
		return b
	}
	for n := range rapid.IntRange(1, 6).Draw(t, "files") {
		path := []string{}
		for range rapid.IntRange(0, 2).Draw(t, "directories") {
			path = append(path, word.Draw(t, "directory"))
		}
		path = append(path, fmt.Sprint("file", n))
		b.Files = append(b.Files, metainfo.BuildFile{Path: path, Length: length.Draw(t, "length")})
	}
	return b
}
