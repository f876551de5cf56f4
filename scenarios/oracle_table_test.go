package scenarios

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// oracleHeading is the first line of the table of oracles in ARCHITECTURE.md. A
// row says what must hold, and which planted bug of which run shows that the
// oracle sees: "no keep-alive (`lonely`); …", or which test does.
const oracleHeading = "| oracle | what must hold | planted bugs that it catches, and the run |"

var (
	oracleID  = regexp.MustCompile(`"([WDLRTF][0-9]+)"`)
	tableID   = regexp.MustCompile(`^[WDLRTF][0-9]+$`)
	tableBug  = regexp.MustCompile("^(.*) \\(`(.*)`\\)$")
	tableTest = regexp.MustCompile("^`(Test[A-Za-z0-9]+)`$")
)

// TestOracleTable: each oracle of the code is in the table, and each one of the
// table in the code; each bug there is planted, in the run that it names, for that
// oracle.
func TestOracleTable(t *testing.T) {
	coded := codedOracles(t)
	planted, tests := plantedBugs(t)
	doc, err := os.ReadFile("../ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, ok := strings.Cut(string(doc), oracleHeading+"\n|---|---|---|\n")
	if !ok {
		t.Fatal("ARCHITECTURE.md has no table of oracles")
	}
	table, _, _ = strings.Cut(table, "\n\n")
	listed := make(map[string]bool)
	for _, row := range strings.Split(table, "\n") {
		cells := strings.Split(strings.Trim(row, "| "), " | ")
		if len(cells) != 3 || !tableID.MatchString(cells[0]) {
			t.Errorf("no row of three cells: %s", row)
			continue
		}
		id := cells[0]
		if !coded[id] || listed[id] {
			t.Errorf("%s is in no code, or in the table before", id)
		}
		listed[id] = true
		for _, text := range strings.Split(cells[2], "; ") {
			if m := tableTest.FindStringSubmatch(text); m != nil && tests[m[1]] {
				continue
			}
			m := tableBug.FindStringSubmatch(text)
			if m == nil || !slices.Contains(planted[bugRun{m[1], m[2]}], id) {
				t.Errorf("%s: %q is not planted for it", id, text)
			}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(coded)) {
		if !listed[id] {
			t.Errorf("oracle %s is in the code, and not in the table of ARCHITECTURE.md", id)
		}
	}
}

// codedOracles are the ids in the oracles' own files.
func codedOracles(t *testing.T) map[string]bool {
	ids := make(map[string]bool)
	for _, pattern := range []string{"oracle*.go", "referee*.go"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			text, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range oracleID.FindAllStringSubmatch(string(text), -1) {
				ids[m[1]] = true
			}
		}
	}
	return ids
}

// bugRun is a planted bug, and the name of the scenario that it is planted in.
type bugRun struct{ bug, run string }

// plantedBugs reads which oracles the bugs of TestPlanted are planted for, and the
// names of all tests, from the source: its build needs a tag.
func plantedBugs(t *testing.T) (map[bugRun][]string, map[string]bool) {
	names, err := filepath.Glob("*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	runs := make(map[string]string) // variables of scenarios: their names
	var rows []*ast.CompositeLit
	tests := make(map[string]bool)
	for _, name := range names {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				tests[n.Name.Name] = true
			case *ast.ValueSpec:
				for i, value := range n.Values {
					if text := fieldOf(value, "Name"); text != "" {
						runs[n.Names[i].Name] = text
					}
				}
			case *ast.CompositeLit:
				if strings.HasPrefix(name, "planted") && len(n.Elts) == 5 && literal(n.Elts[0]) != "" {
					rows = append(rows, n)
				}
			}
			return true
		})
	}
	planted := make(map[bugRun][]string)
	for _, row := range rows {
		scenario, _ := row.Elts[1].(*ast.Ident)
		rules, _ := row.Elts[3].(*ast.CompositeLit)
		if scenario == nil || rules == nil {
			continue
		}
		key := bugRun{literal(row.Elts[0]), runs[scenario.Name]}
		for _, rule := range rules.Elts {
			planted[key] = append(planted[key], literal(rule))
		}
	}
	return planted, tests
}

// literal is the value of a string literal, "" for all else.
func literal(e ast.Expr) string {
	lit, ok := e.(*ast.BasicLit)
	if !ok || lit.Kind != token.STRING {
		return ""
	}
	s, _ := strconv.Unquote(lit.Value) // the parser has read it
	return s
}

// fieldOf is the string that a composite literal gives a field, "" if none.
func fieldOf(e ast.Expr, field string) string {
	lit, ok := e.(*ast.CompositeLit)
	if !ok {
		return ""
	}
	for _, elt := range lit.Elts {
		kv, ok := elt.(*ast.KeyValueExpr)
		if key, isName := kvKey(kv, ok); isName && key == field {
			return literal(kv.Value)
		}
	}
	return ""
}

func kvKey(kv *ast.KeyValueExpr, ok bool) (string, bool) {
	if !ok {
		return "", false
	}
	id, ok := kv.Key.(*ast.Ident)
	if !ok {
		return "", false
	}
	return id.Name, true
}
