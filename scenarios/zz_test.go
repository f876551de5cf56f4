package scenarios

import (
	"os"
	"testing"
)

func TestZZ(t *testing.T) {
	s, _ := Find(os.Getenv("SC"))
	r := Run(s, 1, Options{Trace: os.Stdout})
	t.Log(r.Failures, r.Err, r.Events, r.Stack)
}
