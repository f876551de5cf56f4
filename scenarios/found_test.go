package scenarios

import (
	"bytes"
	"os"
	"path"
	"strings"
	"testing"
)

// TestFound runs every file of testdata/found with its own seed and two others.
// Each is called like its scenario, is told to editors what it is, and is written
// as Encode writes it, but for comments.
func TestFound(t *testing.T) {
	entries, err := os.ReadDir(foundDir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		t.Run(e.Name(), func(t *testing.T) {
			t.Parallel()
			s, err := readFound(e.Name())
			if err != nil {
				t.Fatal(err)
			}
			if e.Name() != s.Name+".yaml" || s.About == "" {
				t.Errorf("%s is called %s, or says nothing about itself", e.Name(), s.Name)
			}
			checkStyle(t, s, path.Join(foundDir, e.Name()))
			Check(t, s)
		})
	}
}

// checkStyle holds the file of a scenario to the style of all others.
func checkStyle(t *testing.T, s Scenario, name string) {
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var code bytes.Buffer
	for line := range bytes.Lines(text) {
		if before, _, ok := bytes.Cut(line, []byte("#")); !ok {
			code.Write(line)
		} else if before = bytes.TrimRight(before, " "); len(before) > 0 {
			code.Write(append(bytes.Clone(before), '\n'))
		}
	}
	want, err := Encode(s)
	if err != nil {
		t.Fatal(err)
	}
	if code.String() != string(want) {
		t.Errorf("%s is not written as btsim show does it:\n%s", name, want)
	}
	if !strings.HasPrefix(string(text), "# yaml-language-server: $schema=../../scenario.schema.json\n") {
		t.Errorf("%s does not begin with the schema that editors want", name)
	}
}
