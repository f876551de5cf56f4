package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"
)

// manifests are in a folder of the project, for whoever splits a campaign.
const manifests = "../../.ci/campaign"

// TestManifests: what they hand btsim, it takes: its commands and their flags.
func TestManifests(t *testing.T) {
	commands := map[string]*cobra.Command{"fuzz": fuzzCommand(), "merge": mergeCommand()}
	for name, want := range map[string]string{"kubernetes.yaml": "fuzz", "github.yaml": "fuzz merge"} {
		text, err := os.ReadFile(filepath.Join(manifests, name))
		if err != nil {
			t.Fatal(err)
		}
		var found []string
		for _, words := range commandLines(t, text) {
			c := commands[words[0]]
			if c == nil {
				t.Errorf("%s: btsim %s: there is no such command", name, words[0])
				continue
			}
			found = append(found, words[0])
			for _, w := range words[1:] {
				flag, _, _ := strings.Cut(strings.TrimPrefix(w, "--"), "=")
				if strings.HasPrefix(w, "--") && c.Flags().Lookup(flag) == nil {
					t.Errorf("%s: %s has no flag %s", name, words[0], w)
				}
			}
		}
		slices.Sort(found) // jobs have no order
		if got := strings.Join(found, " "); got != want {
			t.Errorf("%s runs %q, want %q", name, got, want)
		}
	}
}

// commandLines finds what is handed to btsim: in the args of a container, or behind
// ./btsim in a step. Go's own build of it is none.
func commandLines(t *testing.T, text []byte) (lines [][]string) {
	t.Helper()
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for key, value := range v {
				if args, ok := value.([]any); ok && key == "args" {
					var words []string
					for _, a := range args {
						words = append(words, a.(string))
					}
					lines = append(lines, words)
					continue
				}
				walk(value)
			}
		case []any:
			for _, value := range v {
				walk(value)
			}
		case string:
			if words, ok := strings.CutPrefix(v, "./btsim "); ok {
				lines = append(lines, strings.Fields(words))
			}
		}
	}
	d := yaml.NewDecoder(bytes.NewReader(text))
	for {
		var doc map[string]any
		err := d.Decode(&doc)
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		walk(doc)
	}
	return lines
}

// TestKubernetesShards: there are as many pods as shards.
func TestKubernetesShards(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(manifests, "kubernetes.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"completions: 8\n", "parallelism: 8\n", "completionMode: Indexed", "--shard=auto/8\n", "$(" + indexVariable + ").json"} {
		if !bytes.Contains(text, []byte(want)) {
			t.Errorf("%q is missing", want)
		}
	}
	text, err = os.ReadFile(filepath.Join(manifests, "github.yaml"))
	if err != nil || !bytes.Contains(text, []byte("shard: [0, 1, 2, 3, 4, 5, 6, 7]")) || !bytes.Contains(text, []byte("/8 ")) {
		t.Errorf("%v: there are not eight shards of eight", err)
	}
}
