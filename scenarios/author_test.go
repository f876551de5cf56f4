package scenarios

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// recorder is a test that notes down what it is told.
type recorder struct{ errors []string }

func (r *recorder) Helper() {}

func (r *recorder) Errorf(format string, args ...any) {
	r.errors = append(r.errors, fmt.Sprintf(format, args...))
}

func TestCheck(t *testing.T) {
	s := tiny()
	Check(t, s)

	var r recorder
	s.Actions = append(s.Actions, Action{At: Second, Do: "dance"})
	Check(&r, s)
	want := `scenario tiny: actions[1].do: "dance" is none of `
	if len(r.errors) != 1 || !strings.HasPrefix(r.errors[0], want) {
		t.Errorf("a scenario that is not valid: %q, want %q…", r.errors, want)
	}
}

// TestCheckExplains: what Check prints leads back to the run that failed.
func TestCheckExplains(t *testing.T) {
	s := tiny()
	s.Expect[0].Within = Millisecond
	var r recorder
	Check(&r, s, 7, 8)
	if len(r.errors) != 1 {
		t.Fatalf("%d errors: %q", len(r.errors), r.errors)
	}
	told, file, _ := strings.Cut(r.errors[0], "with this as tiny.yaml:\n\n")
	for _, want := range []string{"scenario tiny, seed 7:\n    expectation complete at ", "\nagain: btsim run tiny.yaml --seed 7\n"} {
		if !strings.Contains(told, want) {
			t.Errorf("%q is missing from\n%s", want, told)
		}
	}
	back, err := Parse([]byte(file))
	if diff := cmp.Diff(s, back); err != nil || diff != "" {
		t.Errorf("the file is another scenario: %v\n%s", err, diff)
	}
}
