package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"

	"github.com/mattn/go-runewidth"
	"golang.org/x/term"
)

// canvas is the lower end of a terminal, on which lines are drawn again and again
// in place. What is written to it appears above them, one or more whole lines a
// call. Its methods may be called from any goroutine.
type canvas struct {
	out  io.Writer
	size func() (columns, rows int)

	mu    sync.Mutex
	drawn []string // what is on the screen, without colours; the cursor is below
	last  string   // the same, as it was written
}

func newCanvas(f *os.File) *canvas {
	return &canvas{out: f, size: func() (columns, rows int) {
		columns, rows, err := term.GetSize(int(f.Fd()))
		if err != nil || columns <= 0 || rows <= 0 {
			return 80, 24 // a terminal that does not say, as serial lines do
		}
		return columns, rows
	}}
}

// draw replaces what is drawn. There must be fewer lines than the terminal has
// rows: what has scrolled off cannot be replaced.
func (c *canvas) draw(lines []string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	erase := c.erase()
	c.drawn, c.last = nil, ""
	for _, line := range lines {
		c.drawn = append(c.drawn, withoutColour(line))
		c.last += line + "\n"
	}
	c.flush(erase + c.last)
}

// Write implements io.Writer.
func (c *canvas) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var b bytes.Buffer
	b.WriteString(c.erase())
	b.Write(p)
	b.WriteString(c.last)
	if _, err := c.out.Write(b.Bytes()); err != nil {
		return 0, err
	}
	return len(p), nil
}

// flush writes in one piece, so that nothing flickers. A terminal that has gone
// away is nobody to complain to.
func (c *canvas) flush(text string) { _, _ = io.WriteString(c.out, text) }

// erase returns what takes the lines off the screen. Terminals that have become
// narrower since have wrapped them, as they do with every line that is too long:
// then a line has several rows.
func (c *canvas) erase() string {
	columns, _ := c.size()
	rows := 0
	for _, line := range c.drawn {
		rows += max(1, (runewidth.StringWidth(line)+columns-1)/columns)
	}
	if rows == 0 {
		return ""
	}
	return fmt.Sprintf("\r\x1b[%dA\x1b[J", rows)
}

// withoutColour removes what colour adds.
func withoutColour(s string) string {
	var b strings.Builder
	for {
		text, rest, found := strings.Cut(s, "\x1b[")
		b.WriteString(text)
		if !found {
			return b.String()
		}
		_, s, _ = strings.Cut(rest, "m")
	}
}
