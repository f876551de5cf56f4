package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

// screen is a terminal that wraps what is too long again when its width changes.
// It knows what canvas writes: text, line ends, cursor up, erase to the end.
type screen struct {
	lines   []string // as they were written, whole
	columns int
}

func (s *screen) rows(line string) int {
	return max(1, (len([]rune(line))+s.columns-1)/s.columns)
}

// Write implements io.Writer.
func (s *screen) Write(p []byte) (int, error) {
	n := len(p)
	if up, ok := bytes.CutPrefix(p, []byte("\r\x1b[")); ok {
		var rows int
		if _, err := fmt.Sscanf(string(up), "%dA\x1b[J", &rows); err != nil {
			return 0, err
		}
		for ; rows > 0; s.lines = s.lines[:len(s.lines)-1] {
			if rows -= s.rows(s.lines[len(s.lines)-1]); rows < 0 {
				return 0, fmt.Errorf("erases the end of a line and not its beginning")
			}
		}
		_, p, _ = bytes.Cut(p, []byte("\x1b[J"))
	}
	text := string(p)
	if text == "" {
		return n, nil
	}
	if !strings.HasSuffix(text, "\n") {
		return 0, fmt.Errorf("the cursor is left behind %q", text)
	}
	s.lines = append(s.lines, strings.Split(strings.TrimSuffix(text, "\n"), "\n")...)
	return n, nil
}

// TestCanvas draws, writes above, and changes the width of the terminal meanwhile:
// nothing that was drawn before is left on the screen.
func TestCanvas(t *testing.T) {
	s := &screen{columns: 100}
	c := &canvas{out: s, size: func() (int, int) { return s.columns, 24 }}
	red := colour("31")
	wide := strings.Repeat("x", 90)
	want := func(lines ...string) {
		t.Helper()
		if got := strings.Join(s.lines, "\n"); got != strings.Join(lines, "\n") {
			t.Fatalf("the screen shows\n%s\nwant\n%s", got, strings.Join(lines, "\n"))
		}
	}
	say := func(text string) {
		t.Helper()
		if _, err := c.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	say("first\n")
	c.draw([]string{red(wide), "short"})
	want("first", red(wide), "short")
	say("second\n")
	want("first", "second", red(wide), "short")
	s.lines[2] = wide // colours take no room; the screen does not know that
	s.columns = 40
	c.draw([]string{"narrow", "short"})
	want("first", "second", "narrow", "short")
	s.columns = 3
	say("third\n")
	want("first", "second", "third", "narrow", "short")
	s.columns = 200
	c.draw([]string{"", strings.Repeat("好", 60)})
	c.draw(nil)
	want("first", "second", "third")
	c.draw(nil)
	say("fourth\n")
	want("first", "second", "third", "fourth")
}

func TestWithoutColour(t *testing.T) {
	for in, want := range map[string]string{"": "", "plain": "plain", colour("32")("a") + "b" + colour("33")("c"): "abc", "cut\x1b[3": "cut"} {
		if got := withoutColour(in); got != want {
			t.Errorf("%q becomes %q, want %q", in, got, want)
		}
	}
}
