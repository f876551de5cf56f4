package scenarios

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// fieldType is a field as scenario files have it.
type fieldType struct {
	name     string
	goName   string
	typ      reflect.Type
	required bool
}

// fieldsOf lists the fields of a struct. What the encoder may leave out, an
// author may too; so the tags say what is required.
func fieldsOf(t reflect.Type) (list []fieldType) {
	for f := range t.Fields() {
		name, options, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		list = append(list, fieldType{name, f.Name, f.Type, !strings.Contains(options, "omitempty")})
	}
	return list
}

// unmarshaler is implemented by Duration, Size and Rate.
type unmarshaler interface{ UnmarshalYAML(ast.Node) error }

// readsText reports whether a type reads its own text.
func readsText(t reflect.Type) bool {
	return reflect.PointerTo(t).Implements(reflect.TypeFor[unmarshaler]())
}

// shape holds a document against the types it is to fill, before it is decoded:
// of what does not fit, it knows the path, the place, and what would.
type shape struct {
	anchors map[string]ast.Node
	merging map[ast.Node]bool // what is being merged into something: it must not hold itself
}

// checkShape finds the first mistake of a document: an unknown field, a missing
// one, or a value of the wrong kind.
func checkShape(n ast.Node) error {
	s := &shape{make(map[string]ast.Node), make(map[ast.Node]bool)}
	return s.check(n, reflect.TypeFor[Scenario](), "")
}

// unwrap is what is left of a node and a type without what only wraps them.
func (s *shape) unwrap(n ast.Node, t reflect.Type) (ast.Node, reflect.Type) {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch x := n.(type) {
	case *ast.AnchorNode:
		s.anchors[x.Name.String()] = x.Value
		return s.unwrap(x.Value, t)
	case *ast.AliasNode:
		if to := s.anchors[x.Value.String()]; to != nil {
			return to, t
		}
	}
	return n, t
}

func (s *shape) check(n ast.Node, t reflect.Type, path string) error {
	n, t = s.unwrap(n, t)
	if _, null := n.(*ast.NullNode); null {
		return nil // stands for the zero value
	}
	if readsText(t) {
		err := reflect.New(t).Interface().(unmarshaler).UnmarshalYAML(n)
		if err != nil {
			return at(n, &invalid{path, err.Error()})
		}
		return nil
	}
	switch t.Kind() {
	case reflect.Struct:
		return s.checkMapping(n, t, path)
	case reflect.Slice:
		list, ok := n.(*ast.SequenceNode)
		if !ok {
			return at(n, wrong(path, "a list belongs here, not %s", kindOf(n)))
		}
		for i, v := range list.Values {
			if err := s.check(v, t.Elem(), fmt.Sprintf("%s[%d]", path, i)); err != nil {
				return err
			}
		}
		return nil
	}
	return checkScalar(n, t, path)
}

func (s *shape) checkMapping(n ast.Node, t reflect.Type, path string) error {
	m, ok := n.(ast.MapNode)
	if !ok {
		return at(n, wrong(path, "fields belong here, not %s", kindOf(n)))
	}
	fields := fieldsOf(t)
	seen, err := s.checkFields(m, fields, path)
	if err != nil {
		return err
	}
	for _, f := range fields {
		if f.required && !seen[f.name] {
			return at(n, wrong(path, "%s is missing", f.name))
		}
	}
	return nil
}

// checkFields checks what a mapping holds, and what is merged into it.
func (s *shape) checkFields(m ast.MapNode, fields []fieldType, path string) (seen map[string]bool, err error) {
	seen = make(map[string]bool)
	for each := m.MapRange(); each.Next() && err == nil; {
		if key, ok := each.Key().(*ast.MergeKeyNode); ok {
			err = s.checkMerged(key, each.Value(), fields, path, seen)
			continue
		}
		name := each.Key().GetToken().Value
		i := slices.IndexFunc(fields, func(f fieldType) bool { return f.name == name })
		if i < 0 {
			var names []string
			for _, f := range fields {
				names = append(names, f.name)
			}
			return nil, at(each.Key(), &invalid{path, "unknown field: " + noneOf(name, names)})
		}
		seen[name] = true
		err = s.check(each.Value(), fields[i].typ, join(path, name))
	}
	return seen, err
}

// checkMerged checks what "<<" stands for, and adds its fields to those seen.
func (s *shape) checkMerged(key, value ast.Node, fields []fieldType, path string, seen map[string]bool) error {
	from, _ := s.unwrap(value, reflect.TypeFor[Scenario]())
	more, ok := from.(ast.MapNode)
	switch {
	case !ok:
		return at(key, wrong(path, "fields belong here, not %s", kindOf(from)))
	case s.merging[from]:
		return at(key, wrong(path, "it is merged into itself"))
	}
	s.merging[from] = true
	defer delete(s.merging, from)
	theirs, err := s.checkFields(more, fields, path)
	maps.Copy(seen, theirs)
	return err
}

func checkScalar(n ast.Node, t reflect.Type, path string) error {
	value, ok := n.(ast.ScalarNode)
	if !ok {
		return at(n, wrong(path, "a single value belongs here, not %s", kindOf(n)))
	}
	switch t.Kind() {
	case reflect.Bool:
		if _, ok := n.(*ast.BoolNode); !ok {
			return at(n, wrong(path, "true or false belongs here, not %s", kindOf(n)))
		}
	case reflect.Int, reflect.Uint64:
		if _, ok := n.(*ast.IntegerNode); !ok {
			return at(n, wrong(path, "a whole number belongs here, not %s", kindOf(n)))
		}
		if v, negative := value.GetValue().(int64); negative && v < 0 && t.Kind() == reflect.Uint64 {
			return at(n, wrong(path, "%d is below 0", v))
		}
	}
	return nil
}

// kindOf says what a node is.
func kindOf(n ast.Node) string {
	switch n := n.(type) {
	case *ast.SequenceNode:
		return "a list"
	case ast.MapNode:
		return "fields"
	case ast.ScalarNode:
		return fmt.Sprintf("%q", n.GetToken().Value)
	}
	return strings.ToLower(n.Type().String())
}

// join makes a path of a path and the name of a field.
func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

// noneOf says that a word is none of those which are allowed, and which of them
// may have been meant.
func noneOf(word string, allowed []string) string {
	meant := ""
	if near := nearest(word, allowed); near != "" {
		meant = fmt.Sprintf(" (did you mean %s?)", near)
	}
	return fmt.Sprintf("%q%s is none of %s", word, meant, strings.Join(allowed, ", "))
}

// nearest finds the word that is a slip or two of the finger away: a third of
// its letters may be other ones. Or one is the beginning of the other. It is "" if
// there is none.
func nearest(word string, allowed []string) (best string) {
	least := min(max(len(word)/3, 1), len(word)-1) + 1 // of a single letter, none
	for _, w := range allowed {
		if d := distance(word, w); d < least {
			best, least = w, d
		}
	}
	for _, w := range allowed {
		if best == "" && min(len(word), len(w)) >= beginning && (strings.HasPrefix(w, word) || strings.HasPrefix(word, w)) {
			best = w
		}
	}
	return best
}

// beginning is how many letters of a word are enough to tell it by.
const beginning = 3

// distance counts the letters to insert, to leave out, to change, or to swap with
// their neighbour, to make one word of another (optimal string alignment).
func distance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before, last, row = last, row, before
		row[0] = i + 1
		for j := range len(b) {
			changed := 1
			if a[i] == b[j] {
				changed = 0
			}
			row[j+1] = min(last[j+1]+1, row[j]+1, last[j]+changed)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
	}
	return row[len(b)]
}
