package main

import (
	"io"
	"sync"
)

// console is where messages for people go: stderr, or above what is drawn in
// place there. It may be written to from any goroutine, one line a call.
type console struct {
	mu    sync.Mutex
	out   io.Writer
	above io.Writer // nil: nothing is drawn
}

// Write implements io.Writer.
func (c *console) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.above != nil {
		if n, err := c.above.Write(p); err == nil {
			return n, nil
		}
	}
	return c.out.Write(p)
}

// drawBelow sends messages to w, which puts them above what it draws; nil ends
// that.
func (c *console) drawBelow(w io.Writer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.above = w
}
