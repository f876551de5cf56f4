package client_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// lattice says who may import whom within the project: a package may import
// what stands before it in the same rule, in an earlier group, and nothing
// else. Packages of one group do not know each other.
var lattice = [][][]string{
	{
		{"client/bitfield", "client/rate"},
		{"client/metainfo", "client/wire", "client/tracker"},
		{"client/resume"},
		{"client/boundary"},
		{"client/picker", "client/choker", "client/addrbook", "client/announce", "client/udptracker"},
		{"client/peer"}, {"client/torrent"}, {"client/session"}, {"client/record"}, {"client"},
	},
	{{"client/bitfield", "client/metainfo"}, {"client/storage"}, {"client"}},
	{{"transport"}, {"client"}},
	{{"transport"}, {"transport/sockets", "transport/transporttest", "simnet"}},
	{{"simnet/simfs"}},
	{{"transport"}, {"simnet"}, {"simnet/pcap"}},
	{{"client/tracker"}, {"simtracker"}},
	{{"client", "client/metainfo", "client/record", "client/wire", "transport", "simnet", "simnet/simfs", "simnet/pcap", "simtracker"}, {"scenarios"}, {"scenarios/report", "scenarios/campaign", "scenarios/shrink"}, {"cmd/btsim"}},
	{{"transport"}, {"client", "client/metainfo", "transport/sockets", "simtracker"}, {"cmd/bt"}},
}

// pure packages are state machines: no time but what they are told, no
// randomness but what they are given, no I/O, no concurrency.
var pure = []string{
	"client/bitfield", "client/rate", "client/metainfo", "client/wire", "client/tracker", "client/boundary",
	"client/picker", "client/choker", "client/addrbook", "client/announce", "client/udptracker", "client/peer", "client/torrent",
	"client/resume", "client/session", "client/record",
}

// deterministic packages are the simulator's, and what shows its runs: they may
// know more, but nothing in them may depend on the machine.
var deterministic = []string{"simnet", "simnet/simfs", "simnet/pcap", "scenarios/report"}

// bannedImports of pure packages, with what is allowed all the same.
var bannedImports = map[string]string{
	"os": "does I/O", "net": "does I/O", "net/http": "does I/O", "os/exec": "does I/O", "io/ioutil": "does I/O",
	"sync": "is about concurrency", "sync/atomic": "is about concurrency", "context": "is about concurrency",
	"math/rand": "is not seeded", "crypto/rand": "is not seeded", "hash/maphash": "is seeded by the process",
	"log": "does I/O", "log/slog": "does I/O", "runtime": "depends on the machine", "unsafe": "depends on the machine",
	"github.com/spf13/afero": "does I/O", "github.com/benbjohnson/clock": "is a clock",
}

// bannedCalls reach for what has to be an argument.
var bannedCalls = map[string][]string{
	"time":         {"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker"},
	"math/rand/v2": {"Int", "IntN", "Int32", "Int32N", "Int64", "Int64N", "Uint32", "Uint64", "Uint32N", "Uint64N", "UintN", "N", "Float32", "Float64", "Perm", "Shuffle", "NormFloat64", "ExpFloat64"},
}

const module = "bt/"

// mayImport says whether the lattice lets package from import package to.
func mayImport(from, to string) bool {
	for _, rule := range lattice {
		level := slices.IndexFunc(rule, func(group []string) bool { return slices.Contains(group, from) })
		for i := range max(level, 0) {
			if slices.Contains(rule[i], to) {
				return true
			}
		}
	}
	return false
}

// violations of one package (a path within the module), given its files.
func violations(pkg string, sources map[string]string) (found []string) {
	c := checker{pkg: pkg, fset: token.NewFileSet(), pure: slices.Contains(pure, pkg), maps: map[string]bool{}}
	var files []*ast.File
	for _, name := range slices.Sorted(maps.Keys(sources)) {
		file, err := parser.ParseFile(c.fset, name, sources[name], parser.ParseComments)
		if err != nil {
			return []string{err.Error()}
		}
		files = append(files, file)
		ast.Inspect(file, c.noteMaps)
	}
	for _, file := range files {
		c.checkImports(file)
		if c.pure || slices.Contains(deterministic, pkg) {
			c.explained = explanations(c.fset, file)
			ast.Inspect(file, c.checkNode)
		}
	}
	return c.found
}

type checker struct {
	pkg       string
	pure      bool
	fset      *token.FileSet
	names     map[string]string // of imports in the file: local name → path
	maps      map[string]bool   // names of variables and fields that are maps
	explained map[int]bool      // lines with a comment that says why order is no matter
	found     []string
}

func (c *checker) say(n ast.Node, format string, args ...any) {
	c.found = append(c.found, fmt.Sprintf("%s: %s", c.fset.Position(n.Pos()), fmt.Sprintf(format, args...)))
}

func (c *checker) checkImports(file *ast.File) {
	c.names = map[string]string{}
	for _, imp := range file.Imports {
		p, _ := strconv.Unquote(imp.Path.Value)
		local := path.Base(p)
		if local == "v2" {
			local = path.Base(path.Dir(p))
		}
		if imp.Name != nil {
			local = imp.Name.Name
		}
		c.names[local] = p
		if to, ours := strings.CutPrefix(p, module); ours && !mayImport(c.pkg, to) {
			c.say(imp, "%s may not import %s", c.pkg, to)
		}
		if why := bannedImports[p]; c.pure && why != "" {
			c.say(imp, "%s is pure, and %s %s", c.pkg, p, why)
		}
	}
}

func (c *checker) checkNode(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.GoStmt:
		c.say(n, "go statement in %s", c.pkg)
	case *ast.SelectStmt:
		c.say(n, "select in %s", c.pkg)
	case *ast.ChanType:
		if c.pure { // the simulator's clock has channels in its method set
			c.say(n, "channel in %s", c.pkg)
		}
	case *ast.RangeStmt:
		if c.maps[lastName(n.X)] && !c.explained[c.fset.Position(n.Pos()).Line] {
			c.say(n, "range over a map in %s, with no comment \"order: …\" that says why its order has no effect", c.pkg)
		}
	case *ast.SelectorExpr:
		if x, ok := n.X.(*ast.Ident); ok && slices.Contains(bannedCalls[c.names[x.Name]], n.Sel.Name) {
			c.say(n, "%s.%s in %s", x.Name, n.Sel.Name, c.pkg)
		}
	}
	return true
}

// noteMaps collects the names of what is declared as a map. It goes by names
// and not by types: a slice that shares its name with a map counts as one too.
func (c *checker) noteMaps(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.Field:
		c.noteIfMap(n.Type, n.Names...)
	case *ast.ValueSpec:
		c.noteIfMap(n.Type, n.Names...)
		for i, v := range n.Values {
			if i < len(n.Names) {
				c.noteIfMap(madeType(v), n.Names[i])
			}
		}
	case *ast.AssignStmt:
		for i, v := range n.Rhs {
			if i < len(n.Lhs) {
				if id, ok := n.Lhs[i].(*ast.Ident); ok {
					c.noteIfMap(madeType(v), id)
				}
			}
		}
	}
	return true
}

func (c *checker) noteIfMap(typ ast.Expr, names ...*ast.Ident) {
	if _, ok := typ.(*ast.MapType); !ok {
		return
	}
	for _, id := range names {
		c.maps[id.Name] = true
	}
}

// madeType is the type of make(T) and T{…}.
func madeType(v ast.Expr) ast.Expr {
	switch v := v.(type) {
	case *ast.CompositeLit:
		return v.Type
	case *ast.CallExpr:
		if f, ok := v.Fun.(*ast.Ident); ok && f.Name == "make" && len(v.Args) > 0 {
			return v.Args[0]
		}
	}
	return nil
}

func lastName(x ast.Expr) string {
	switch x := x.(type) {
	case *ast.Ident:
		return x.Name
	case *ast.SelectorExpr:
		return x.Sel.Name
	}
	return ""
}

// explanations are the lines with a comment "order: …", or just below one.
func explanations(fset *token.FileSet, file *ast.File) map[int]bool {
	lines := map[int]bool{}
	for _, group := range file.Comments {
		if strings.Contains(group.Text(), "order: ") {
			line := fset.Position(group.End()).Line
			lines[line], lines[line+1] = true, true
		}
	}
	return lines
}

// TestArchitecture holds the tree to the lattice and the pure packages to
// purity.
func TestArchitecture(t *testing.T) {
	root := ".."
	packages := map[string]map[string]string{}
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && p != root || d.Name() == "testdata") {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(p, ".go") || strings.HasSuffix(p, "_test.go") {
			return nil
		}
		src, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(root, p)
		pkg := path.Dir(filepath.ToSlash(rel))
		if packages[pkg] == nil {
			packages[pkg] = map[string]string{}
		}
		packages[pkg][p] = string(src)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for pkg, sources := range packages {
		if !known(pkg) {
			t.Errorf("package %s has no place in the lattice", pkg)
		}
		for _, v := range violations(pkg, sources) {
			t.Error(v)
		}
	}
	for _, pkg := range append(slices.Clone(pure), deterministic...) {
		if packages[pkg] == nil {
			t.Errorf("package %s is gone: take it off the list", pkg)
		}
	}
}

func known(pkg string) bool {
	for _, rule := range lattice {
		for _, group := range rule {
			if slices.Contains(group, pkg) {
				return true
			}
		}
	}
	return false
}

// TestArchitectureCatches shows that each rule bites, on sources made up to
// break it.
func TestArchitectureCatches(t *testing.T) {
	for _, test := range []struct{ what, pkg, src, want string }{
		{"the clock in the core", "client/peer", `package peer; import "time"; var t = time.Now()`, "time.Now"},
		{"the clock under another name", "client/torrent", `package torrent; import x "time"; func f() { x.Sleep(1) }`, "x.Sleep"},
		{"the simulator knows the client", "simnet", `package simnet; import _ "bt/client"`, "may not import client"},
		{"a goroutine in the core", "client/session", `package session; func f() { go f() }`, "go statement"},
		{"a channel in the core", "client/picker", `package picker; var c chan int`, "channel"},
		{"a select in the core", "client/choker", `package choker; func f() { select {} }`, "select"},
		{"a lock in the core", "client/torrent", `package torrent; import "sync"; var m sync.Mutex`, "sync"},
		{"unseeded randomness", "client/picker", `package picker; import "math/rand/v2"; var n = rand.IntN(3)`, "rand.IntN"},
		{"a map walked in no order", "client/torrent", `package torrent; type t struct { m map[int]int }; func (x *t) f() { for range x.m { } }`, "range over a map"},
		{"a file in the core", "client/session", `package session; import "os"; var f = os.Stdin`, "does I/O"},
		{"a leaf that looks up", "client/wire", `package wire; import _ "bt/client/peer"`, "may not import client/peer"},
		{"neighbours", "client/picker", `package picker; import _ "bt/client/choker"`, "may not import client/choker"},
		{"the command line and the core", "cmd/bt", `package main; import _ "bt/client/session"`, "may not import client/session"},
	} {
		found := violations(test.pkg, map[string]string{"synthetic.go": test.src})
		if len(found) == 0 || !strings.Contains(strings.Join(found, "\n"), test.want) {
			t.Errorf("%s: found %q, want something with %q", test.what, found, test.want)
		}
	}
	clean := `package peer; import ("time"; "math/rand/v2"; "bt/client/wire"); func f(now time.Time, r *rand.Rand) wire.Kind { return wire.Kind(r.IntN(3)) }`
	if found := violations("client/peer", map[string]string{"synthetic.go": clean}); len(found) > 0 {
		t.Errorf("clean source: %q", found)
	}
}
