package storage

import (
	"container/list"
	"errors"
	"sync"
	"syscall"

	"github.com/spf13/afero"
)

// openMode says what a handle is needed for.
type openMode int

const (
	forReading openMode = iota // existing file, read-only
	forSyncing                 // existing file; Windows flushes only what it may write
	forWriting                 // created when missing
)

// handle is an open file in the cache.
type handle struct {
	id       int
	file     afero.File
	writable bool
	users    int
	retired  bool // no longer in the cache; the last user closes it
	elem     *list.Element
}

// handleCache keeps the most recently used files open. A file is opened
// read-only until it is first written, so that a seed needs no permission to
// write. All methods may be called from any goroutine; open runs under the
// cache's lock.
type handleCache struct {
	open func(id int, mode openMode) (afero.File, error)
	most int // handles; what the user allows

	mu    sync.Mutex
	limit int // handles at present: fewer when the system has had no more to give
	calm  int // files opened since it last had none, or since limit grew
	byID  map[int]*handle
	lru   list.List // of *handle, most recently used first
	err   error     // first failing close of a written file since takeError
}

func newHandleCache(limit int, open func(int, openMode) (afero.File, error)) *handleCache {
	return &handleCache{open: open, most: limit, limit: limit, byID: make(map[int]*handle)}
}

// acquire returns a handle, which must be released.
func (c *handleCache) acquire(id int, mode openMode) (*handle, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if h := c.byID[id]; h != nil {
		if h.writable || mode == forReading {
			c.lru.MoveToFront(h.elem)
			h.users++
			return h, nil
		}
		c.retire(h)
	}
	if len(c.byID) >= c.limit {
		c.evict()
	}
	file, err := c.open(id, mode)
	// Others in this process open descriptors too, so the system's limit may
	// be reached before ours.
	for isTooManyFiles(err) && c.evict() {
		c.limit, c.calm = max(len(c.byID), 1), 0
		file, err = c.open(id, mode)
	}
	if err != nil {
		return nil, err
	}
	c.grow()
	h := &handle{id: id, file: file, writable: mode != forReading, users: 1}
	h.elem = c.lru.PushFront(h)
	c.byID[id] = h
	return h, nil
}

// calmOpens is how many files must have been opened without trouble before the
// cache takes one handle more again, after it had to do with fewer: rarely enough
// that in a process short of handles nearly every open succeeds at once.
const calmOpens = 64

// grow gives back what was taken from the limit when there were no handles.
func (c *handleCache) grow() {
	if c.calm++; c.calm >= calmOpens && c.limit < c.most {
		c.limit, c.calm = c.limit+1, 0
	}
}

func isTooManyFiles(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE)
}

// spare closes handles until open, which opens some other file, finds a
// descriptor.
func (c *handleCache) spare(open func() error) error {
	for {
		err := open()
		if !isTooManyFiles(err) {
			return err
		}
		c.mu.Lock()
		ok := c.evict()
		c.mu.Unlock()
		if !ok {
			return err
		}
	}
}

// held returns the handle of a file if it is open, nil otherwise; it must be
// released.
func (c *handleCache) held(id int) *handle {
	c.mu.Lock()
	defer c.mu.Unlock()
	h := c.byID[id]
	if h != nil {
		h.users++
	}
	return h
}

// release gives a handle back.
func (c *handleCache) release(h *handle) {
	c.mu.Lock()
	defer c.mu.Unlock()
	h.users--
	switch {
	case h.users > 0:
	case h.retired:
		c.closeHandle(h)
	case len(c.byID) > c.limit:
		c.retire(h)
	}
}

// evict closes the least recently used handle that nobody uses.
func (c *handleCache) evict() bool {
	for e := c.lru.Back(); e != nil; e = e.Prev() {
		if h := e.Value.(*handle); h.users == 0 {
			c.retire(h)
			return true
		}
	}
	return false
}

// retire takes a handle out of the cache and closes it when it is idle.
func (c *handleCache) retire(h *handle) {
	c.lru.Remove(h.elem)
	delete(c.byID, h.id)
	h.retired = true
	if h.users == 0 {
		c.closeHandle(h)
	}
}

// closeHandle keeps the error for Sync: a network filesystem may report only
// at close that written bytes were lost.
func (c *handleCache) closeHandle(h *handle) {
	if err := h.file.Close(); err != nil && h.writable && c.err == nil {
		c.err = wrap("close", h.file.Name(), noPiece, err)
	}
}

// forget closes the handle of one file, before that file is removed.
func (c *handleCache) forget(id int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if h := c.byID[id]; h != nil {
		c.retire(h)
	}
}

// closeAll empties the cache.
func (c *handleCache) closeAll() error {
	c.mu.Lock()
	for c.lru.Len() > 0 {
		c.retire(c.lru.Back().Value.(*handle))
	}
	c.mu.Unlock()
	return c.takeError()
}

// takeError returns and forgets the first error of closing a written file.
func (c *handleCache) takeError() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	err := c.err
	c.err = nil
	return err
}
