package metainfo_test

import (
	"fmt"
	"strings"
	"testing"

	"bt/client/metainfo"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func TestR19Names(t *testing.T) {
	long := strings.Repeat("x", 300)
	tests := []struct {
		name      string
		ask, want []string
	}{
		{"plain", []string{"a", "b/c", "b/d", ".hidden", "…"}, []string{"a", "b/c", "b/d", ".hidden", "…"}},
		{"almost a device", []string{"CONSOLE", "com", "com10", "nul_"}, []string{"CONSOLE", "com", "com10", "nul_"}},
		{"devices", []string{"CON", "nul.txt", "d/Com1.tar.gz", "AUX .x", "LPT³", "conin$"},
			[]string{"_CON", "_nul.txt", "d/_Com1.tar.gz", "_AUX .x", "_LPT³", "_conin$"}},
		{"device as directory", []string{"aux/a"}, []string{"_aux/a"}},
		{"characters", []string{"a:b", "C:/x", `<>"|?*`, "tab\there", "\x1b[2J", "\u0085"},
			[]string{"a_b", "C_/x", "______", "tab_here", "_[2J", "_"}},
		{"reversed text", []string{"gpj\u202eexe"}, []string{"gpj_exe"}},
		{"end", []string{"a.", "b ", "...", "c.. ", " ", "dir./x"}, []string{"a_", "b_", ".._", "c.._", "_", "dir_/x"}},
		{"not UTF-8", []string{"a\xffb", "\xe9t\xe9"}, []string{"a_b", "_t_"}},

		{"duplicate", []string{"a.txt", "a.txt", "a.txt"}, []string{"a.txt", "a (1).txt", "a (2).txt"}},
		{"case", []string{"Readme.TXT", "README.txt"}, []string{"Readme.TXT", "README (1).txt"}},
		{"case beyond ASCII", []string{"Ärger", "ärger", "STRASSE", "straße", "\u212a", "k"},
			[]string{"Ärger", "ärger (1)", "STRASSE", "straße (3)", "\u212a", "k (5)"}},
		{"normalisation", []string{"\u00e9", "e\u0301"}, []string{"\u00e9", "e\u0301 (1)"}},
		{"invisible", []string{"ab", "a\u200db"}, []string{"ab", "a\u200db (1)"}},
		{"safe names clash", []string{"a?", "a*"}, []string{"a_", "a_ (1)"}},
		{"case of directories", []string{"Dir/a", "dir/b", "DIR/A"}, []string{"Dir/a", "Dir/b", "Dir/A (2)"}},
		{"file, then directory", []string{"a", "a/b", "A/c"}, []string{"a", "a (1)/b", "a (1)/c"}},
		{"directory, then file", []string{"a/b", "A", "a/c"}, []string{"a/b", "A (1)", "a/c"}},
		{"the way out is taken", []string{"a", "a (2)", "a"}, []string{"a", "a (2)", "a (2-2)"}},
		{"the way out is asked for later", []string{"a", "a", "a (1)"}, []string{"a", "a (1)", "a (1) (2)"}},
		{"same name elsewhere", []string{"x/a", "y/a"}, []string{"x/a", "y/a"}},
		{"dot file", []string{".rc", ".RC"}, []string{".rc", ".RC (1)"}},

		{"255 bytes", []string{long[:255]}, []string{long[:255]}},
		{"256 bytes", []string{long[:256]}, []string{long[:244] + " (53dab551)"}},
		{"extension is kept", []string{long + ".mkv"}, []string{long[:240] + " (587371e0).mkv"}},
		{"no extension", []string{"a." + long}, []string{"a." + long[:242] + " (2b6b9c98)"}},
		{"not inside a character", []string{strings.Repeat("€", 100)}, []string{strings.Repeat("€", 81) + " (56a5f744)"}},
		{"long names which clash", []string{long[:255], strings.ToUpper(long[:255])}, []string{long[:255], strings.ToUpper(long[:251]) + " (1)"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := mustParse(t, multi(tt.ask...))
			checkInvariants(t, m)
			if diff := cmp.Diff(tt.want, paths(&m.Info)); diff != "" {
				t.Error(diff)
			}
			changed := 0
			for i := range tt.ask {
				if tt.ask[i] != tt.want[i] {
					changed++
				}
			}
			if len(m.Notes) != changed {
				t.Errorf("%d renamed, notes %q", changed, m.Notes)
			}
		})
	}
}

func TestNameIsNoted(t *testing.T) {
	m := mustParse(t, single(func(_, i dict) { i["name"] = "a:b.txt" }))
	if m.Info.Name != "a_b.txt" || m.Info.Files[0].Path[0] != "a_b.txt" {
		t.Errorf("name %q, path %q", m.Info.Name, m.Info.Files[0].Path)
	}
	if diff := cmp.Diff([]string{`info.name: "a:b.txt" is stored as "a_b.txt"`}, m.Notes); diff != "" {
		t.Error(diff)
	}
}

func TestNotesAreBounded(t *testing.T) {
	ask := make([]string, 300)
	for i := range ask {
		ask[i] = "same"
	}
	m := mustParse(t, multi(ask...))
	if len(m.Notes) != 101 || m.Notes[100] != "and 199 more remarks" {
		t.Errorf("%d notes, the last is %q", len(m.Notes), m.Notes[len(m.Notes)-1])
	}
}

// Names made to clash, and to clash with the names given instead, take no longer than others.
func TestClashesAreCheap(t *testing.T) {
	const n = 4000
	var files []any
	for i := range n {
		files = append(files, dict{"length": 0, "path": []string{fmt.Sprintf("a (%d)", n+i)}})
	}
	for range n {
		files = append(files, dict{"length": 0, "path": []string{"A"}})
	}
	m := mustParse(t, encode(dict{"info": dict{"name": "dir", "piece length": 1, "pieces": "", "files": files}}))
	checkInvariants(t, m)
}

// Whatever the names, the result is safe, and is the same each time.
func TestAnyNames(t *testing.T) {
	name := rapid.OneOf(
		rapid.StringMatching(`[aAbB]{1,2}( \([0-5]\))?(\.[xX])?`),
		rapid.StringMatching(`(?i:con|nul|com1)[. ]{0,2}`),
		rapid.SampledFrom([]string{"é", "e\u0301", "É", "ß", "SS", "ſ", "s", "İ", "i̇", "a\u200b", "a", "ﬀ", "FF"}),
		rapid.StringN(1, 4, 300),
	)
	rapid.Check(t, func(t *rapid.T) {
		asked := rapid.SliceOfN(rapid.SliceOfN(name, 1, 3), 1, 8).Draw(t, "paths")
		var files []any
		for _, p := range asked {
			files = append(files, dict{"length": 0, "path": p})
		}
		b := encode(dict{"info": dict{"name": "dir", "piece length": 1, "pieces": "", "files": files}})
		m, err := metainfo.Parse(b)
		if err != nil {
			return
		}
		checkInvariants(t, m)
		again, err := metainfo.Parse(b)
		if err != nil {
			t.Fatalf("second time: %v", err)
		}
		if diff := cmp.Diff(paths(&m.Info), paths(&again.Info)); diff != "" {
			t.Fatalf("other names the second time: %s", diff)
		}
	})
}
