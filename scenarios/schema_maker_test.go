package scenarios

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// schemaNode is a JSON Schema, as far as scenario files need it.
type schemaNode struct {
	Schema      string `json:"$schema,omitempty"`
	Title       string `json:"title,omitempty"`
	Description string `json:"description,omitempty"`
	Ref         string `json:"$ref,omitempty"`
	Type        any    `json:"type,omitempty"` // a string, or several

	Enum             []string `json:"enum,omitempty"`
	EnumDescriptions []string `json:"enumDescriptions,omitempty"` // an extension that editors know
	Pattern          string   `json:"pattern,omitempty"`
	Minimum          *int     `json:"minimum,omitempty"`
	Maximum          *int     `json:"maximum,omitempty"`

	Items                *schemaNode            `json:"items,omitempty"`
	Properties           map[string]*schemaNode `json:"properties,omitempty"`
	Required             []string               `json:"required,omitempty"`
	AdditionalProperties *bool                  `json:"additionalProperties,omitempty"`
	AllOf                []*schemaNode          `json:"allOf,omitempty"`
	Definitions          map[string]*schemaNode `json:"definitions,omitempty"`
}

// words are the values of fields that have a closed list of them, from the tables
// that Validate uses.
func words() map[string][]string {
	return map[string][]string{
		"Tracker.Manner":    union(mannerNames(false), mannerNames(true)),
		"NAT.Kind":          natKinds(),
		"Actor.Kind":        kinds(),
		"Actor.Personality": personalities(),
		"Actor.Filesystem":  filesystemNames(),
		"Action.Do":         verbNames(),
		"Incoming.How":      keys(incomings),
		"Message.Kind":      messageNames(),
		"Message.Fate":      fates,
		"Disk.Kind":         union(keys(faultKinds), keys(meddleKinds), keys(crashKinds)),
		"Disk.Errno":        keys(errnos),
		"Disk.Ops":          keys(diskOps),
		"Expectation.Check": checkNames(),
	}
}

func union(lists ...[]string) []string {
	all := slices.Concat(lists...)
	slices.Sort(all)
	return slices.Compact(all)
}

// makeSchema makes the schema of scenario files.
func makeSchema(t *testing.T) []byte {
	m := &schemaMaker{comments: readComments(t), words: words(), definitions: make(map[string]*schemaNode)}
	root := m.object(reflect.TypeFor[Scenario]())
	root.Schema = "http://json-schema.org/draft-07/schema#"
	root.Title = "A scenario of btsim"
	root.Definitions = m.definitions
	for field := range m.words { // order: none, they are all wrong
		t.Errorf("the words of %s: there is no such field", field)
	}
	var out strings.Builder
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(root); err != nil {
		t.Fatal(err)
	}
	return []byte(out.String())
}

type schemaMaker struct {
	comments    comments
	words       map[string][]string // not yet used
	definitions map[string]*schemaNode
}

// object describes a struct.
func (m *schemaMaker) object(t reflect.Type) *schemaNode {
	closed := false
	n := &schemaNode{
		Type: "object", Description: m.comments.types[t.Name()],
		Properties: make(map[string]*schemaNode), AdditionalProperties: &closed,
	}
	for _, f := range fieldsOf(t) {
		n.Properties[f.name] = m.field(t, f)
		if f.required {
			n.Required = append(n.Required, f.name)
		}
	}
	return n
}

func (m *schemaMaker) field(in reflect.Type, f fieldType) *schemaNode {
	name := in.Name() + "." + f.goName
	n := m.value(f.typ)
	if list, ok := m.words[name]; ok {
		delete(m.words, name)
		described := n
		if n.Items != nil {
			described = n.Items
		}
		described.Enum = list
		described.EnumDescriptions = m.comments.words(name, list)
	}
	about := m.comments.fields[name]
	if n.Ref != "" && about != "" { // draft 7 ignores what stands beside a reference
		n = &schemaNode{AllOf: []*schemaNode{n}}
	}
	n.Description = about
	return n
}

// value describes a type, and defines it if it has a name of ours.
func (m *schemaMaker) value(t reflect.Type) *schemaNode {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case t.Kind() == reflect.Slice:
		return &schemaNode{Type: "array", Items: m.value(t.Elem())}
	case t.Kind() == reflect.Struct || readsText(t):
		if m.definitions[t.Name()] == nil {
			m.definitions[t.Name()] = new(schemaNode) // it may hold itself
			if readsText(t) {
				m.definitions[t.Name()] = m.text(t)
			} else {
				m.definitions[t.Name()] = m.object(t)
			}
		}
		return &schemaNode{Ref: "#/definitions/" + t.Name()}
	case t.Kind() == reflect.String:
		return &schemaNode{Type: "string"}
	case t.Kind() == reflect.Bool:
		return &schemaNode{Type: "boolean"}
	case t.Kind() == reflect.Uint64:
		return &schemaNode{Type: "integer", Minimum: new(int)}
	}
	return &schemaNode{Type: "integer"}
}

// text describes the numbers that are written with their unit.
func (m *schemaMaker) text(t reflect.Type) *schemaNode {
	n := &schemaNode{Type: []string{"string", "integer"}, Minimum: new(int), Description: m.comments.types[t.Name()]}
	switch t {
	case reflect.TypeFor[Duration]():
		n.Maximum = new(int) // 0 needs no unit
		n.Pattern = `^(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|ms|s|m|h))+$`
	case reflect.TypeFor[Size]():
		n.Pattern = unitPattern(sizeUnits)
	case reflect.TypeFor[Rate]():
		n.Type, n.Minimum, n.Pattern = "string", nil, unitPattern(rateUnits)
	}
	return n
}

func unitPattern(units []unit) string {
	var names []string
	for _, u := range units {
		names = append(names, regexp.QuoteMeta(u.name))
	}
	return `^[0-9]+(\.[0-9]+)? *(` + strings.Join(names, "|") + `)$`
}

// comments are those of the package's source.
type comments struct {
	types  map[string]string // by name
	fields map[string]string // by Type.Field
	funcs  map[string]string
	verbs  map[string]string // by the word
	checks map[string]string // the function that makes a check, by the word
}

// readComments reads the source of the package.
func readComments(t *testing.T) comments {
	c := comments{make(map[string]string), make(map[string]string), make(map[string]string), make(map[string]string), make(map[string]string)}
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), e.Name(), nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			c.read(d)
		}
	}
	return c
}

func (c *comments) read(d ast.Decl) {
	if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil {
		c.funcs[f.Name.Name] = sentence(f.Doc)
	}
	g, ok := d.(*ast.GenDecl)
	if !ok {
		return
	}
	verbDoc := ""
	for _, spec := range g.Specs {
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			doc := spec.Doc
			if doc == nil {
				doc = g.Doc
			}
			c.types[spec.Name.Name] = sentence(doc)
			if s, ok := spec.Type.(*ast.StructType); ok {
				c.readFields(spec.Name.Name, s)
			}
		case *ast.ValueSpec:
			if id, ok := spec.Type.(*ast.Ident); ok && id.Name == "Verb" {
				if text := sentence(spec.Comment); text != "" {
					verbDoc = text // an empty comment is the one above
				}
				c.verbs[literal(spec.Values[0])] = verbDoc
			}
			if spec.Names[0].Name == "checks" {
				for _, e := range spec.Values[0].(*ast.CompositeLit).Elts {
					kv := e.(*ast.KeyValueExpr)
					c.checks[literal(kv.Key)] = kv.Value.(*ast.Ident).Name
				}
			}
		}
	}
}

func (c *comments) readFields(of string, s *ast.StructType) {
	last := ""
	for _, f := range s.Fields.List {
		text := strings.TrimSpace(sentence(f.Doc) + "\n" + sentence(f.Comment))
		if text == "" && f.Comment != nil {
			text = last
		}
		last = text
		for _, name := range f.Names {
			c.fields[of+"."+name.Name] = text
		}
	}
}

// words says what each of the values of a field means, or nothing if the source
// says it at another place.
func (c *comments) words(field string, list []string) (about []string) {
	for _, word := range list {
		switch field {
		case "Action.Do":
			about = append(about, c.verbs[word])
		case "Expectation.Check":
			about = append(about, c.check(word))
		}
	}
	return about
}

// check finds what a check does: it stands at the function that makes it, or at
// its type, whose name the function has.
func (c *comments) check(word string) string {
	maker := c.checks[word]
	text := c.funcs[maker]
	if text == "" {
		name := []rune(strings.TrimPrefix(maker, "new"))
		name[0] = unicode.ToLower(name[0])
		text = c.types[string(name)]
	}
	return text
}

// sentence is the text of a comment.
func sentence(g *ast.CommentGroup) string { return strings.TrimSpace(g.Text()) }
