package scenarios

import (
	"bytes"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// TestSchema: the schema that is checked in is what the types, the comments and
// the tables say today. Run it with -update when they have changed.
func TestSchema(t *testing.T) {
	want := makeSchema(t)
	if *update {
		if err := os.WriteFile("scenario.schema.json", want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if !bytes.Equal(want, Schema()) {
		t.Error("scenario.schema.json is not current: go test ./scenarios -run TestSchema -update")
	}
}

// TestSchemaSaysAll: editors can tell what each field, verb and check means.
func TestSchemaSaysAll(t *testing.T) {
	c := readComments(t)
	for _, field := range allFields(reflect.TypeFor[Scenario](), make(map[reflect.Type]bool)) {
		if c.fields[field] == "" {
			t.Errorf("no comment says what %s means", field)
		}
	}
	for _, verb := range verbNames() {
		if c.verbs[verb] == "" {
			t.Errorf("no comment says what the verb %s does", verb)
		}
	}
	for _, check := range checkNames() {
		if c.check(check) == "" {
			t.Errorf("no comment says what the check %s does", check)
		}
	}
}

// allFields lists Type.Field for every field that a file can have.
func allFields(t reflect.Type, seen map[reflect.Type]bool) (names []string) {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct || seen[t] {
		return nil
	}
	seen[t] = true
	for _, f := range fieldsOf(t) {
		names = append(names, t.Name()+"."+f.goName)
		names = append(names, allFields(f.typ, seen)...)
	}
	return names
}

// compiled is the schema, ready for use.
func compiled(t *testing.T) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("scenario.schema.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("scenario.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// conforms holds a file against the schema.
func conforms(s *jsonschema.Schema, text []byte) error {
	asJSON, err := yaml.YAMLToJSON(text)
	if err != nil {
		return err
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(asJSON))
	if err != nil {
		return err
	}
	return s.Validate(v)
}

// TestSchemaTakesBuiltin: every scenario of the catalogue, and generated ones,
// conform to the schema as files.
func TestSchemaTakesBuiltin(t *testing.T) {
	s := compiled(t)
	all := Builtin()
	for seed := range uint64(200) {
		all = append(all, GenerateSwarm(seed))
	}
	for _, scenario := range all {
		text, err := Encode(scenario)
		if err != nil {
			t.Errorf("%s: %v", scenario.Name, err)
			continue
		}
		if err := conforms(s, text); err != nil {
			t.Errorf("%s: %v\n%s", scenario.Name, err, text)
		}
	}
}

// TestSchemaRefuses: what the shape of a file or its words have wrong, the schema
// finds too.
func TestSchemaRefuses(t *testing.T) {
	s := compiled(t)
	if err := conforms(s, []byte(validYAML)); err != nil {
		t.Fatal(err)
	}
	tests := [][2]string{
		{"kind: seed}", "kind: seed, colour: red}"},
		{"piece: 16KiB, ", ""},
		{"16KiB", "16 elephants"},
		{"2Mbit", "2Mbps"},
		{"10s", "10 sec"},
		{"10s", "-1s"},
		{"10s", "7"},
		{"10s", "[1]"},
		{"count: 2", "count: two"},
		{"kind: seed", "kind: tree"},
		{"do: pause", "do: dance"},
		{"complete", "pretty"},
	}
	for _, tt := range tests {
		text := strings.Replace(validYAML, tt[0], tt[1], 1)
		if err := conforms(s, []byte(text)); err == nil {
			t.Errorf("%s in the place of %s conforms", tt[1], tt[0])
		}
		if _, err := Parse([]byte(text)); err == nil {
			t.Errorf("%s in the place of %s is parsed", tt[1], tt[0])
		}
	}
}
