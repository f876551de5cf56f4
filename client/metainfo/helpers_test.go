package metainfo_test

import (
	"path"
	"strings"
	"testing"
	"unicode/utf8"

	"bt/client/metainfo"

	"github.com/anacrolix/torrent/bencode"
)

// dict is a dictionary for the encoder.
type dict = map[string]any

func encode(v any) []byte {
	b, err := bencode.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

// hashes stands in for the hashes of n pieces.
func hashes(n int) string { return strings.Repeat("0123456789abcdefghij", n) }

// single returns a good torrent of one file, changed by change.
func single(change func(top, info dict)) []byte {
	info := dict{"name": "a.txt", "length": 20000, "piece length": 16384, "pieces": hashes(2)}
	top := dict{"announce": "http://a/announce", "info": info}
	change(top, info)
	return encode(top)
}

// multi returns a good torrent, as far as the paths are, of files of one byte each; a path is written with slashes.
func multi(paths ...string) []byte {
	files := []any{}
	for _, p := range paths {
		files = append(files, dict{"length": 1, "path": strings.Split(p, "/")})
	}
	return multiOf(files...)
}

func multiOf(files ...any) []byte {
	return encode(dict{"info": dict{"name": "dir", "piece length": 16384, "pieces": hashes(1), "files": files}})
}

func mustParse(t testing.TB, b []byte) *metainfo.MetaInfo {
	t.Helper()
	m, err := metainfo.Parse(b)
	if err != nil {
		t.Fatalf("Parse: %v", err)
	}
	return m
}

func paths(i *metainfo.Info) []string {
	var all []string
	for _, f := range i.Files {
		all = append(all, strings.Join(f.Path, "/"))
	}
	return all
}

type fataler interface {
	Helper()
	Fatalf(string, ...any)
}

// checkInvariants checks what Parse promises of all it returns.
func checkInvariants(t fataler, m *metainfo.MetaInfo) {
	t.Helper()
	i := &m.Info
	checkName(t, i.Name)
	if i.PieceLength <= 0 || len(i.Files) == 0 || !i.Multi && len(i.Files) != 1 {
		t.Fatalf("piece length %d, %d files, multi %t", i.PieceLength, len(i.Files), i.Multi)
	}
	checkPieces(t, i)
	taken := map[string]string{} // path in lower case: what it is
	offset := int64(0)
	for n, f := range i.Files {
		if f.Length < 0 || f.Offset != offset {
			t.Fatalf("file %d: length %d at offset %d, want offset %d", n, f.Length, f.Offset, offset)
		}
		offset += f.Length
		if len(f.Path) == 0 || !i.Multi && (len(f.Path) != 1 || f.Path[0] != i.Name) {
			t.Fatalf("file %d: path %q", n, f.Path)
		}
		for _, name := range f.Path {
			checkName(t, name)
		}
		if !f.Pad {
			claim(t, taken, f.Path)
		}
	}
	if i.Length != offset {
		t.Fatalf("length %d, files have %d", i.Length, offset)
	}
	for _, tier := range m.Trackers {
		if len(tier) == 0 {
			t.Fatalf("empty tier in %q", m.Trackers)
		}
	}
}

// claim fails when a file is there already, or is a directory too, where case does not count; directories must be spelt
// the same wherever they occur.
func claim(t fataler, taken map[string]string, parts []string) {
	t.Helper()
	for n := 1; n <= len(parts); n++ {
		whole := strings.Join(parts[:n], "/")
		key := strings.ToLower(whole)
		before, clash := taken[key]
		switch {
		case n == len(parts) && clash:
			t.Fatalf("file %q clashes with %s", whole, before)
		case n < len(parts) && clash && before != "directory "+whole:
			t.Fatalf("directory %q clashes with %s", whole, before)
		case n == len(parts):
			taken[key] = "file " + whole
		default:
			taken[key] = "directory " + whole
		}
	}
}

func checkName(t fataler, name string) {
	t.Helper()
	switch {
	case name == "" || name == "." || name == "..", path.IsAbs(name), !utf8.ValidString(name), len(name) > 255,
		strings.ContainsAny(name, "/\\<>:\"|?*\x00\x1f\x7f"), strings.HasSuffix(name, "."), strings.HasSuffix(name, " "):
		t.Fatalf("unsafe name %q", name)
	}
	stem, _, _ := strings.Cut(strings.ToLower(name), ".")
	switch strings.TrimRight(stem, " ") {
	case "con", "prn", "aux", "nul", "com1", "lpt9":
		t.Fatalf("device name %q", name)
	}
}

// checkPieces checks the count, that sizes add up, and that pieces and files map to each other.
func checkPieces(t fataler, i *metainfo.Info) {
	t.Helper()
	total := int64(0)
	for p := range i.NumPieces() {
		size := i.PieceSize(p)
		if size <= 0 || size > i.PieceLength || size < i.PieceLength && p != i.NumPieces()-1 {
			t.Fatalf("piece %d of %d has %d bytes, piece length %d", p, i.NumPieces(), size, i.PieceLength)
		}
		total += size
		first, last := i.FilesOf(p)
		begin, end := int64(p)*i.PieceLength, int64(p)*i.PieceLength+size
		a, z := i.Files[first], i.Files[last]
		if a.Offset > begin || a.Offset+a.Length <= begin || z.Offset >= end || z.Offset+z.Length < end {
			t.Fatalf("piece %d: files %d … %d do not span its bytes %d … %d", p, first, last, begin, end)
		}
	}
	if total != i.Length {
		t.Fatalf("pieces have %d bytes, content %d", total, i.Length)
	}
	for n, f := range i.Files {
		first, last, ok := i.FilePieces(n)
		if ok != (f.Length > 0) {
			t.Fatalf("file %d of %d bytes: has pieces: %t", n, f.Length, ok)
		}
		if !ok {
			continue
		}
		if int64(first) != f.Offset/i.PieceLength || last >= i.NumPieces() {
			t.Fatalf("file %d: pieces %d … %d of %d", n, first, last, i.NumPieces())
		}
		if a, _ := i.FilesOf(first); a > n {
			t.Fatalf("file %d begins in piece %d, whose first file is %d", n, first, a)
		}
		if _, z := i.FilesOf(last); z < n {
			t.Fatalf("file %d ends in piece %d, whose last file is %d", n, last, z)
		}
	}
}
