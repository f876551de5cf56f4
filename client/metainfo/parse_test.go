package metainfo_test

import (
	"bytes"
	"crypto/sha1"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"bt/client/metainfo"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func ExampleParse() {
	b := metainfo.Builder{
		Name:        "album",
		Files:       []metainfo.BuildFile{{Path: []string{"cover.jpg"}, Length: 10_000}, {Path: []string{"cd1", "01.flac"}, Length: 30_000}},
		PieceLength: 16 << 10,
		Trackers:    [][]string{{"http://tracker.example/announce"}},
	}
	file, err := b.Encode(make([]metainfo.Hash, 3)) // the hashes come from reading the content
	if err != nil {
		fmt.Println(err)
		return
	}
	m, err := metainfo.Parse(file)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(m.Info.Name, m.Info.Length, "bytes", m.Info.NumPieces(), "pieces", m.InfoHash)
	for i, f := range m.Info.Files {
		first, last, _ := m.Info.FilePieces(i)
		fmt.Println(strings.Join(f.Path, "/"), "is in pieces", first, "to", last)
	}
	// Output:
	// album 40000 bytes 3 pieces e4c00888d74e3b6d596cf7637315590f25bcc10c
	// cover.jpg is in pieces 0 to 0
	// cd1/01.flac is in pieces 0 to 2
}

func TestParseSingle(t *testing.T) {
	b := single(func(top, info dict) {
		top["comment"], top["created by"], top["creation date"] = "hello", "me", 1_000_000_000
		info["private"] = 1
	})
	m := mustParse(t, b)
	checkInvariants(t, m)
	if diff := cmp.Diff([]metainfo.File{{Path: []string{"a.txt"}, Length: 20000}}, m.Info.Files); diff != "" {
		t.Error(diff)
	}
	if m.Info.Name != "a.txt" || m.Info.Length != 20000 || m.Info.PieceLength != 16384 || !m.Info.Private || m.Info.Multi {
		t.Errorf("info = %+v", m.Info)
	}
	if m.Comment != "hello" || m.CreatedBy != "me" || !m.Created.Equal(time.Unix(1_000_000_000, 0)) || m.Notes != nil {
		t.Errorf("comment %q, created by %q at %v, notes %q", m.Comment, m.CreatedBy, m.Created, m.Notes)
	}
	if m.Info.NumPieces() != 2 || m.Info.PieceSize(0) != 16384 || m.Info.PieceSize(1) != 3616 {
		t.Errorf("%d pieces", m.Info.NumPieces())
	}
	if got := m.Info.PieceHash(1); string(got[:]) != hashes(1) {
		t.Errorf("hash of piece 1 = %q", got[:])
	}
}

func TestParseMulti(t *testing.T) {
	m := mustParse(t, encode(dict{"info": dict{
		"name": "dir", "piece length": 16384, "pieces": hashes(3), "private": 0, "files": []any{
			dict{"length": 16380, "path": []string{"sub", "one"}},
			dict{"length": 0, "path": []string{"empty"}},
			dict{"length": 4, "path": []string{".pad", "4"}, "attr": "p"},
			dict{"length": 20000, "path": []string{"two"}, "attr": "x"},
			dict{"length": 4, "attr": "xp"},
			dict{"path": []string{"link"}, "attr": "l", "symlink path": []string{"..", "etc"}},
		},
	}}))
	checkInvariants(t, m)
	want := []metainfo.File{
		{Path: []string{"sub", "one"}, Length: 16380},
		{Path: []string{"empty"}, Offset: 16380},
		{Path: []string{".pad", "4"}, Length: 4, Offset: 16380, Pad: true},
		{Path: []string{"two"}, Length: 20000, Offset: 16384},
		{Path: []string{".pad", "4"}, Length: 4, Offset: 36384, Pad: true},
		{Path: []string{"link"}, Offset: 36388},
	}
	if diff := cmp.Diff(want, m.Info.Files); diff != "" {
		t.Error(diff)
	}
	if !m.Info.Multi || m.Info.Private || m.Info.Length != 36388 {
		t.Errorf("multi %t, private %t, length %d", m.Info.Multi, m.Info.Private, m.Info.Length)
	}
	wantNotes := []string{"info.files[5] is a symbolic link; an empty file is stored instead"}
	if diff := cmp.Diff(wantNotes, m.Notes); diff != "" {
		t.Error(diff)
	}
}

// What is unusual, and accepted.
func TestParseAccepts(t *testing.T) {
	tests := []struct {
		name  string
		torr  []byte
		check func(m *metainfo.MetaInfo) bool
		note  string // part of one note; empty: there is no note
	}{
		{"one empty file", single(func(_, i dict) { i["length"], i["pieces"] = 0, "" }),
			func(m *metainfo.MetaInfo) bool { return m.Info.NumPieces() == 0 && m.Info.Length == 0 }, ""},
		{"name of digits", single(func(_, i dict) { i["name"] = "2012" }),
			func(m *metainfo.MetaInfo) bool { return m.Info.Name == "2012" }, ""},
		{"name like an agent", single(func(_, i dict) { i["name"] = "007" }),
			func(m *metainfo.MetaInfo) bool { return m.Info.Name == "007" }, ""},
		{"name.utf-8", single(func(_, i dict) { i["name"], i["name.utf-8"] = "\xc4\xe3", "你" }),
			func(m *metainfo.MetaInfo) bool { return m.Info.Name == "你" }, ""},
		{"path.utf-8", multiOf(dict{"length": 1, "path": []string{"\xff"}, "path.utf-8": []string{"ü"}}),
			func(m *metainfo.MetaInfo) bool { return m.Info.Files[0].Path[0] == "ü" }, ""},
		{"hybrid", single(func(_, i dict) { i["meta version"], i["file tree"] = 2, dict{} }),
			func(m *metainfo.MetaInfo) bool { return m.Info.Length == 20000 }, ""},
		{"unknown keys, unsorted inside", []byte("d4:infod6:lengthi1e4:name1:a12:piece lengthi1e6:pieces20:" + hashes(1) + "e1:xd1:bi1e1:ai1eee"),
			func(m *metainfo.MetaInfo) bool { return m.Info.Length == 1 }, "keys are not sorted"},
		{"junk at the end", append(single(func(dict, dict) {}), "\r\n"...),
			func(m *metainfo.MetaInfo) bool { return m.Info.Length == 20000 }, "2 bytes after the end"},
		{"private is not 1", single(func(_, i dict) { i["private"] = 2 }),
			func(m *metainfo.MetaInfo) bool { return !m.Info.Private }, ""},
		{"creation date unknown", single(func(top, _ dict) { top["creation date"] = 0 }),
			func(m *metainfo.MetaInfo) bool { return m.Created.IsZero() }, ""},
		{"creation date of nonsense", single(func(top, _ dict) { top["creation date"] = int64(1) << 60 }),
			func(m *metainfo.MetaInfo) bool { return m.Created.IsZero() }, "creation date is ignored"},
		{"creation date as text", single(func(top, _ dict) { top["creation date"] = "today" }),
			func(m *metainfo.MetaInfo) bool { return m.Created.IsZero() }, "creation date is ignored"},
		{"comment is a number", single(func(top, _ dict) { top["comment"] = 1 }),
			func(m *metainfo.MetaInfo) bool { return m.Comment == "" }, "comment is ignored"},
		{"comment is not UTF-8", single(func(top, _ dict) { top["comment"] = "a\xff" }),
			func(m *metainfo.MetaInfo) bool { return m.Comment == "a\ufffd" }, ""},
		{"as deep as allowed", single(func(top, _ dict) { top["x"] = nested(62) }),
			func(m *metainfo.MetaInfo) bool { return true }, ""},
		{"an integer of 30 digits nobody reads", single(func(top, _ dict) { top["x"] = raw("i" + strings.Repeat("9", 30) + "e") }),
			func(m *metainfo.MetaInfo) bool { return true }, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := mustParse(t, tt.torr)
			checkInvariants(t, m)
			if !tt.check(m) {
				t.Errorf("got %+v", m.Info)
			}
			switch {
			case tt.note == "" && m.Notes != nil, tt.note != "" && (len(m.Notes) != 1 || !strings.Contains(m.Notes[0], tt.note)):
				t.Errorf("notes = %q, want %q", m.Notes, tt.note)
			}
		})
	}
}

// raw is bencoding put in as it is.
type raw string

func (r raw) MarshalBencode() ([]byte, error) { return []byte(r), nil }

func nested(depth int) raw { return raw(strings.Repeat("l", depth) + strings.Repeat("e", depth)) }

func TestParseInvalid(t *testing.T) {
	with := func(key string, v any) []byte { return single(func(_, i dict) { i[key] = v }) }
	without := func(key string) []byte { return single(func(_, i dict) { delete(i, key) }) }
	tests := []struct {
		name string
		torr []byte
		want string // the whole error
	}{
		{"an integer", []byte("i1e"), "torrent: the file holds an integer, not a dictionary"},
		{"empty dictionary", []byte("de"), "torrent: info: missing"},
		{"info is a list", []byte("d4:infolee"), "torrent: info: is a list, must be a dictionary"},
		{"v2 only", single(func(top, i dict) {
			delete(i, "pieces")
			delete(i, "length")
			i["meta version"], i["file tree"] = 2, dict{}
		}),
			"torrent: info: a BitTorrent v2 torrent, which is not supported: only v1 and hybrid torrents are"},
		{"no name", without("name"), "torrent: info.name: missing"},
		{"name in a list", with("name", []string{"a"}), "torrent: info.name: is a list, must be a string"},
		{"empty name", with("name", ""), "torrent: info.name: a name cannot be empty"},
		{"name ..", with("name", ".."), `torrent: info.name: ".." is not allowed`},
		{"name with a path", with("name", "../../etc/passwd"), `torrent: info.name: a path separator is not allowed in "../../etc/passwd"`},
		{"no piece length", without("piece length"), "torrent: info.piece length: missing"},
		{"piece length 0", with("piece length", 0), "torrent: info.piece length: 0 is not positive"},
		{"piece length negative", with("piece length", -1), "torrent: info.piece length: -1 is not positive"},
		{"piece length huge", with("piece length", 1<<30), "torrent: info.piece length: 1073741824 bytes, more than the limit of 536870912"},
		{"piece length in a list", with("piece length", []int{16384}), "torrent: info.piece length: is a list, must be an integer"},
		{"piece length of 30 digits", with("piece length", raw("i"+strings.Repeat("9", 30)+"e")), "torrent: info.piece length: does not fit into 64 bits"},
		{"length of 64 bits", with("length", raw("i9223372036854775808e")), "torrent: info.length: 9223372036854775808 does not fit into 64 bits"},
		{"no pieces", without("pieces"), "torrent: info.pieces: missing"},
		{"half a hash", with("pieces", hashes(2)[:30]), "torrent: info.pieces: 30 bytes are not a multiple of 20"},
		{"too few hashes", with("pieces", hashes(1)), "torrent: info.pieces: 1 hashes, but 20000 bytes in pieces of 16384 need 2"},
		{"too many hashes", with("pieces", hashes(3)), "torrent: info.pieces: 3 hashes, but 20000 bytes in pieces of 16384 need 2"},
		{"2^40 pieces", single(func(_, i dict) { i["length"], i["piece length"] = int64(1)<<40, 1 }),
			"torrent: info: 1099511627776 bytes in pieces of 1 make 1099511627776 pieces, more than the limit of 2097152"},
		{"largest length there is", single(func(_, i dict) { i["length"], i["piece length"] = int64(1<<63-1), 512<<20 }),
			"torrent: info: 9223372036854775807 bytes in pieces of 536870912 make 17179869184 pieces, more than the limit of 2097152"},
		{"negative length", with("length", -1), "torrent: info.length: -1 is negative"},
		{"no length", without("length"), "torrent: info: has neither length nor files"},
		{"length and files", with("files", []any{}), "torrent: info: has both length and files"},
		{"private is text", with("private", "1"), "torrent: info.private: is a string, must be an integer"},
		{"no files", multiOf(), "torrent: info.files: is empty"},
		{"file is a string", multiOf("a"), "torrent: info.files[0]: is a string, must be a dictionary"},
		{"file without length", multiOf(dict{"path": []string{"a"}}), "torrent: info.files[0].length: missing"},
		{"file of negative length", multiOf(dict{"path": []string{"a"}, "length": -5}), "torrent: info.files[0].length: -5 is negative"},
		{"total overflows", multiOf(dict{"path": []string{"a"}, "length": int64(1<<63 - 1)}, dict{"path": []string{"b"}, "length": 1}),
			"torrent: info.files[1]: the total size does not fit into 64 bits"},
		{"file without path", multiOf(dict{"length": 1}), "torrent: info.files[0].path: missing"},
		{"path is a string", multiOf(dict{"length": 1, "path": "a"}), "torrent: info.files[0].path: is a string, must be a list"},
		{"empty path", multiOf(dict{"length": 1, "path": []string{}}), "torrent: info.files[0].path: is empty"},
		{"attr is a number", multiOf(dict{"length": 1, "path": []string{"a"}, "attr": 1}), "torrent: info.files[0].attr: is an integer, must be a string"},
		{"path with ..", multi("a", "b", "c", "d/.."), `torrent: info.files[3].path[1]: ".." is not allowed`},
		{"path with .", multi("./a"), `torrent: info.files[0].path[0]: "." is not allowed`},
		{"absolute path", multi("/etc/passwd"), "torrent: info.files[0].path[0]: a name cannot be empty"},
		{"path with a slash in it", multiOf(dict{"length": 1, "path": []string{"/etc"}}),
			`torrent: info.files[0].path[0]: a path separator is not allowed in "/etc"`},
		{"path with a backslash", multi(`..\..\a`), `torrent: info.files[0].path[0]: a path separator is not allowed in "..\\..\\a"`},
		{"path with NUL", multi("a\x00b"), `torrent: info.files[0].path[0]: NUL is not allowed in "a\x00b"`},
		{"path.utf-8 with ..", multiOf(dict{"length": 1, "path": []string{"a"}, "path.utf-8": []string{".."}}),
			`torrent: info.files[0].path.utf-8[0]: ".." is not allowed`},
		{"symbolic link with a length", multiOf(dict{"length": 1, "path": []string{"a"}, "attr": "l"}),
			"torrent: info.files[0].length: 1 bytes for a symbolic link, which has none"},
		{"unsafe pad file", multiOf(dict{"length": 1, "path": []string{".."}, "attr": "p"}), `torrent: info.files[0].path[0]: ".." is not allowed`},
		{"path too deep", multi(strings.Repeat("d/", 64) + "f"), "torrent: info.files[0].path: more than 64 elements"},
		{"path too long", multi(strings.Repeat(strings.Repeat("d", 250)+"/", 9) + "f"),
			"torrent: info.files[0].path: the path has 2261 bytes, more than the limit of 2048"},
		{"too many files", multiOf(manyFiles(1<<17 + 1)...), "torrent: info.files: more than 131072 elements"},
		{"too many keys", []byte("d4:infod" + strings.Repeat("1:ai1e", 1025) + "ee"), "torrent: info: more than 2048 keys and values"},
		{"announce-list is text", single(func(top, _ dict) { top["announce-list"] = "http://a" }), "torrent: announce-list: is a string, must be a list"},
		{"too many trackers", single(func(top, _ dict) { top["announce-list"] = [][]string{make([]string, 1000), {"http://a"}} }),
			"torrent: announce-list: more than 1000 trackers"},
		{"file too large", make([]byte, 64<<20+1), "torrent: the file has 67108865 bytes, more than the limit of 67108864"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := metainfo.Parse(tt.torr)
			if err == nil {
				t.Fatal("accepted")
			}
			if err.Error() != tt.want {
				t.Errorf("error\n got %s\nwant %s", err, tt.want)
			}
			if !errors.Is(err, metainfo.ErrInvalid) || errors.Is(err, metainfo.ErrBencode) {
				t.Errorf("is not ErrInvalid alone: %v", err)
			}
		})
	}
}

func manyFiles(n int) []any {
	files := make([]any, n)
	for i := range files {
		files[i] = raw("de")
	}
	return files
}

func TestParseTrackers(t *testing.T) {
	tests := []struct {
		name     string
		announce any
		list     any
		want     [][]string
		notes    int
	}{
		{"none", nil, nil, nil, 0},
		{"announce", "http://a", nil, [][]string{{"http://a"}}, 0},
		{"empty announce", "", nil, nil, 0},
		{"spaces around", " http://a\n", nil, [][]string{{"http://a"}}, 0},
		{"announce beside a list is ignored", "http://a", [][]string{{"http://b", "udp://c"}, {"http://d"}},
			[][]string{{"http://b", "udp://c"}, {"http://d"}}, 0},
		{"empty list", "http://a", [][]string{}, [][]string{{"http://a"}}, 0},
		{"list of nothing", "http://a", [][]string{{}, {""}}, [][]string{{"http://a"}}, 0},
		{"empty tiers are left out", nil, [][]string{{}, {"http://b", ""}, {}}, [][]string{{"http://b"}}, 0},
		{"twice in a tier", nil, [][]string{{"http://b", "http://b"}, {"http://b"}}, [][]string{{"http://b"}, {"http://b"}}, 0},
		{"no inner lists", nil, []string{"http://b", "http://c"}, [][]string{{"http://b"}, {"http://c"}}, 0},
		{"a number", nil, []any{[]any{1, "http://b"}}, [][]string{{"http://b"}}, 1},
		{"control characters", "http://a/\x1b[2J", nil, nil, 1},
		{"too long", "http://" + strings.Repeat("a", 3000), nil, nil, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := mustParse(t, single(func(top, _ dict) {
				delete(top, "announce")
				if tt.announce != nil {
					top["announce"] = tt.announce
				}
				if tt.list != nil {
					top["announce-list"] = tt.list
				}
			}))
			if diff := cmp.Diff(tt.want, m.Trackers); diff != "" {
				t.Error(diff)
			}
			if len(m.Notes) != tt.notes {
				t.Errorf("notes = %q, want %d", m.Notes, tt.notes)
			}
		})
	}
}

// The info-hash is that of the bytes of info as they are, whatever a re-encoding would make of them.
func TestR09InfoHash(t *testing.T) {
	const fields = "6:lengthi1e12:piece lengthi1e"
	pieces := "6:pieces20:" + hashes(1)
	for name, info := range map[string]string{
		"sorted":             "d6:lengthi1e4:name1:a12:piece lengthi1e" + pieces + "e",
		"unsorted":           "d" + pieces + "4:name1:a" + fields + "e",
		"duplicate":          "d4:name2:no4:name1:a" + fields + pieces + "e",
		"duplicate, apart":   "d4:name2:no" + fields + "4:name1:a" + pieces + "e",
		"unknown, unsorted":  "d4:name1:a" + fields + pieces + "1:zd1:bi1e1:ai1ee1:yi-7ee",
		"keys with any byte": "d2:\xff\x00i0e4:name1:a" + fields + pieces + "e",
	} {
		t.Run(name, func(t *testing.T) {
			m := mustParse(t, []byte("d4:info"+info+"e junk"))
			if want := metainfo.Hash(sha1.Sum([]byte(info))); m.InfoHash != want {
				t.Errorf("info-hash = %s, want %s", m.InfoHash, want)
			}
			if !bytes.Equal(m.InfoBytes, []byte(info)) {
				t.Errorf("info = %q, want %q", m.InfoBytes, info)
			}
			if m.Info.Name != "a" {
				t.Errorf("name = %q: the last of equal keys counts", m.Info.Name)
			}
		})
	}
}

// What Parse returns does not change with the bytes it was given.
func TestParseCopies(t *testing.T) {
	b := single(func(dict, dict) {})
	m := mustParse(t, b)
	clear(b)
	if metainfo.Hash(sha1.Sum(m.InfoBytes)) != m.InfoHash {
		t.Error("InfoBytes shares memory with the input")
	}
}

func TestPieceOutOfRangePanics(t *testing.T) {
	m := mustParse(t, single(func(dict, dict) {}))
	for _, p := range []int{-1, 2} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("PieceHash(%d) of 2 did not panic", p)
				}
			}()
			m.Info.PieceHash(p)
		}()
	}
}

// Damage anywhere is an error or is harmless, never a panic.
func TestParseDamaged(t *testing.T) {
	good := encode(dict{"announce-list": [][]string{{"http://a"}}, "info": dict{"name": "d", "piece length": 4, "pieces": hashes(2),
		"files": []any{dict{"length": 3, "path": []string{"a", "b"}}, dict{"length": 2, "path": []string{"a", "c"}}}}})
	rapid.Check(t, func(t *rapid.T) {
		b := bytes.Clone(good)
		for range rapid.IntRange(1, 3).Draw(t, "changes") {
			b[rapid.IntRange(0, len(b)-1).Draw(t, "at")] = rapid.Byte().Draw(t, "byte")
		}
		m, err := metainfo.Parse(b)
		if err == nil {
			checkInvariants(t, m)
		} else if errors.Is(err, metainfo.ErrBencode) == errors.Is(err, metainfo.ErrInvalid) {
			t.Fatalf("neither or both kinds of error: %v", err)
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add(single(func(dict, dict) {}))
	f.Add(single(func(top, _ dict) { top["announce-list"] = []any{"http://a", []string{"http://b"}} }))
	f.Add(single(func(_, i dict) { i["meta version"], i["file tree"], i["private"] = 2, dict{}, 1 }))
	f.Add(multi("a/b", "A/B", "a", "a/b/c", "CON", "x:y", "z. ", "\u00e9", "e\u0301"))
	f.Add(multiOf(dict{"length": 1, "path": []string{"p"}, "attr": "p"}, dict{"path": []string{"l"}, "attr": "l"}))
	f.Add([]byte("d4:infod4:name2:no4:name1:a6:lengthi1e12:piece lengthi1e6:pieces20:" + hashes(1) + "ee"))
	f.Add([]byte("d4:infod6:lengthi-0e"))
	f.Add([]byte(strings.Repeat("l", 10000)))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := metainfo.Parse(b)
		if err != nil {
			if errors.Is(err, metainfo.ErrBencode) == errors.Is(err, metainfo.ErrInvalid) {
				t.Fatalf("neither or both kinds of error: %v", err)
			}
			return
		}
		checkInvariants(t, m)
		if !bytes.Contains(b, m.InfoBytes) || metainfo.Hash(sha1.Sum(m.InfoBytes)) != m.InfoHash {
			t.Fatal("the info-hash is not that of bytes of the file")
		}
	})
}
