package sockets

import (
	"testing"
	"time"
)

func TestBackoff(t *testing.T) {
	stopped := make(chan struct{})
	close(stopped)
	var b backoff
	for i, want := range []time.Duration{50, 100, 200, 400, 800, 1000, 1000} {
		if b.wait(stopped); b.last != want*time.Millisecond {
			t.Errorf("pause %d is %v, want %d ms", i, b.last, want)
		}
	}
	b.reset()
	if b.wait(stopped); b.last != backoffMin {
		t.Errorf("pause after success is %v, want %v", b.last, backoffMin)
	}
}
