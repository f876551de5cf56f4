package client

import (
	"sync"

	"bt/client/boundary"
)

// inbox is the one queue on which everything that happens waits for its turn.
type inbox struct {
	mu    sync.Mutex
	items []item
	spare []item // the slice that the last take gave out, for reuse
}

// item is an event for the core, or a call for the shell itself.
type item struct {
	event boundary.Event
	call  func()
}

// put appends an item and reports whether the inbox was empty.
func (b *inbox) put(it item) (first bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.items = append(b.items, it)
	return len(b.items) == 1
}

// take returns all that has come. The slice is valid until the next take.
func (b *inbox) take() []item {
	b.mu.Lock()
	defer b.mu.Unlock()
	items := b.items
	clear(b.spare)
	b.items, b.spare = b.spare[:0], items
	return items
}
