package client_test

import (
	"fmt"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The tables of ARCHITECTURE.md from this heading to the next one say for each
// promise of the ancestors what it is called here and which test holds it.
const promises = "## 9. What the ancestors promised"

// TestEveryNameIsInTheTable holds the tables against the code, both ways: what
// package client exports is in the second column, what is there exists, and so
// do the tests in the third.
func TestEveryNameIsInTheTable(t *testing.T) {
	doc, err := os.ReadFile("../ARCHITECTURE.md")
	if err != nil {
		t.Fatal(err)
	}
	listed, tests, err := readTables(string(doc))
	if err != nil {
		t.Fatal(err)
	}
	exported := exportedNames(t)
	for _, name := range slices.Sorted(maps.Keys(exported)) {
		if !listed[name] {
			t.Errorf("%s is exported, and not in the tables of ARCHITECTURE.md", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(listed)) {
		if !exported[name] {
			t.Errorf("%s is in the tables of ARCHITECTURE.md, and not exported", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(tests)) {
		if !testExists(name) {
			t.Errorf("there is no test %s", name)
		}
	}
}

// The table reader finds what is missing, superfluous or misspelt.
func TestReadTables(t *testing.T) {
	doc := "# x\n| `No` | `Where` | `a.TestB` |\n" + promises + `
text with ` + "`Code`" + `
| theirs | ours | held by |
|---|---|---|
| ` + "`new` | `New`, `Client{Add, Close()}`, plain words | `client.TestA`, `scenario flash-crowd` |\n| x | `T.M(a, b)` | `client/wire.TestC` |\n## 10. Next\n| `a` | `Late` | |\n"
	listed, tests, err := readTables(doc)
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(slices.Sorted(maps.Keys(listed))); got != "[Client Client.Add Client.Close New T.M]" {
		t.Errorf("names %s", got)
	}
	if got := fmt.Sprint(slices.Sorted(maps.Keys(tests))); got != "[client.TestA client/wire.TestC scenario flash-crowd]" {
		t.Errorf("tests %s", got)
	}
	for _, bad := range []string{"", promises + "\nno table\n", promises + "\n| a | `B` |\n", promises + "\n| a | `lower` | `client.TestA` |\n", promises + "\n| a | `B` | no test |\n"} {
		if _, _, err := readTables(bad); err == nil {
			t.Errorf("no error for %q", bad)
		}
	}
	for name, want := range map[string]bool{
		"client.TestReadTables": true, "client.TestThatIsNot": false, "nowhere.TestX": false,
		"scenario flash-crowd": true, "scenario that-is-not": false,
	} {
		if testExists(name) != want {
			t.Errorf("%s exists: %v", name, !want)
		}
	}
}

var (
	quoted = regexp.MustCompile("`([^`]+)`")
	aName  = regexp.MustCompile(`^([A-Z]\w*(?:\.[A-Z]\w*)?)(?:\(.*\))?$`)
	aType  = regexp.MustCompile(`^([A-Z]\w*)\{(.*)\}$`)
)

// readTables returns the names in the second columns and the tests in the third.
func readTables(doc string) (names, tests map[string]bool, err error) {
	_, section, found := strings.Cut(doc, promises+"\n")
	if !found {
		return nil, nil, fmt.Errorf("no heading %q", promises)
	}
	section, _, _ = strings.Cut(section, "\n## ")
	names, tests = map[string]bool{}, map[string]bool{}
	for line := range strings.Lines(section) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "|") || strings.HasPrefix(line, "|---") || strings.HasPrefix(line, "| theirs") {
			continue
		}
		cells := strings.Split(strings.Trim(line, "|"), "|")
		if len(cells) != 3 {
			return nil, nil, fmt.Errorf("%q has %d columns, want 3", line, len(cells))
		}
		for _, q := range quoted.FindAllStringSubmatch(cells[1], -1) {
			if err := addNames(names, q[1]); err != nil {
				return nil, nil, fmt.Errorf("%q: %w", line, err)
			}
		}
		held := quoted.FindAllStringSubmatch(cells[2], -1)
		if len(held) == 0 {
			return nil, nil, fmt.Errorf("%q names no test", line)
		}
		for _, q := range held {
			tests[q[1]] = true
		}
	}
	if len(names) == 0 {
		return nil, nil, fmt.Errorf("no table below %q", promises)
	}
	return names, tests, nil
}

// addNames reads a name, or a type with some of its fields and methods in
// braces.
func addNames(names map[string]bool, s string) error {
	if m := aType.FindStringSubmatch(s); m != nil {
		names[m[1]] = true
		for member := range strings.SplitSeq(m[2], ",") {
			names[m[1]+"."+strings.TrimSuffix(strings.TrimSpace(member), "()")] = true
		}
		return nil
	}
	m := aName.FindStringSubmatch(s)
	if m == nil {
		return fmt.Errorf("%q is no name", s)
	}
	names[m[1]] = true
	return nil
}

// testExists knows tests and examples as folder.TestName, and the scenarios of
// the catalogue as "scenario name".
func testExists(name string) bool {
	if scenario, ok := strings.CutPrefix(name, "scenario "); ok {
		_, err := os.Stat(filepath.Join("../scenarios/testdata/found", scenario+".yaml"))
		return err == nil || anyFileHas("../scenarios/catalogue*.go", regexp.MustCompile(`Name: +`+strconv.Quote(scenario)))
	}
	dot := strings.LastIndex(name, ".")
	if dot < 0 {
		return false
	}
	return anyFileHas(filepath.Join("..", name[:dot], "*_test.go"), regexp.MustCompile(`(?m)^func `+name[dot+1:]+`\(`))
}

func anyFileHas(pattern string, re *regexp.Regexp) bool {
	files, _ := filepath.Glob(pattern)
	return slices.ContainsFunc(files, func(f string) bool {
		src, err := os.ReadFile(f)
		return err == nil && re.Match(src)
	})
}

// exportedNames are those of package client: functions, constants, variables,
// types, and their fields and methods as Type.Name. Of a type that is another
// package's, its own are listed.
func exportedNames(t *testing.T) map[string]bool {
	names := map[string]bool{}
	for _, f := range parsePackage(t, ".") {
		imports := map[string]string{}
		for _, i := range f.Imports {
			p, _ := strconv.Unquote(i.Path.Value)
			imports[path.Base(p)] = strings.TrimPrefix(p, module)
		}
		for _, d := range f.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				addFunc(names, d)
			case *ast.GenDecl:
				for _, s := range d.Specs {
					addSpec(t, names, imports, s)
				}
			}
		}
	}
	return names
}

// parsePackage parses what the compiler sees of a package without build tags.
func parsePackage(t *testing.T, dir string) (files []*ast.File) {
	t.Helper()
	pkg, err := build.ImportDir(dir, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range pkg.GoFiles {
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(dir, name), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	return files
}

func addFunc(names map[string]bool, d *ast.FuncDecl) {
	name := d.Name.Name
	if !ast.IsExported(name) {
		return
	}
	if d.Recv == nil {
		names[name] = true
	} else if on := receiver(d); ast.IsExported(on) {
		names[on+"."+name] = true
	}
}

func receiver(d *ast.FuncDecl) string {
	typ := d.Recv.List[0].Type
	if star, ok := typ.(*ast.StarExpr); ok {
		typ = star.X
	}
	return lastName(typ)
}

func addSpec(t *testing.T, names map[string]bool, imports map[string]string, s ast.Spec) {
	switch s := s.(type) {
	case *ast.ValueSpec:
		for _, n := range s.Names {
			if ast.IsExported(n.Name) {
				names[n.Name] = true
			}
		}
	case *ast.TypeSpec:
		if !ast.IsExported(s.Name.Name) {
			return
		}
		names[s.Name.Name] = true
		if from, ok := s.Type.(*ast.SelectorExpr); ok && s.Assign.IsValid() {
			addAlias(t, names, s.Name.Name, filepath.Join("..", imports[lastName(from.X)]), from.Sel.Name)
			return
		}
		addMembers(names, s.Name.Name, s.Type)
	}
}

// addAlias adds the fields and methods of a type of another package under the
// name that it has here.
func addAlias(t *testing.T, names map[string]bool, as, dir, name string) {
	for _, f := range parsePackage(t, dir) {
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv != nil && receiver(fn) == name && ast.IsExported(fn.Name.Name) {
				names[as+"."+fn.Name.Name] = true
			}
			gen, ok := d.(*ast.GenDecl)
			if !ok {
				continue
			}
			for _, s := range gen.Specs {
				if s, ok := s.(*ast.TypeSpec); ok && s.Name.Name == name {
					addMembers(names, as, s.Type)
				}
			}
		}
	}
}

// addMembers adds the exported fields of a struct, or methods of an interface.
func addMembers(names map[string]bool, of string, typ ast.Expr) {
	var list *ast.FieldList
	switch typ := typ.(type) {
	case *ast.StructType:
		list = typ.Fields
	case *ast.InterfaceType:
		list = typ.Methods
	default:
		return
	}
	for _, f := range list.List {
		for _, n := range f.Names {
			if ast.IsExported(n.Name) {
				names[of+"."+n.Name] = true
			}
		}
	}
}
