package simfs

// Content is immutable bytes which files are expected to hold, cut into pages
// which those files may refer to instead of keeping a copy. One Content serves
// all hosts of a simulation, from any goroutine.
type Content struct{ pages []page }

// NewContent cuts b into pages. It keeps b, which must not change any more.
func NewContent(b []byte) *Content {
	c := &Content{pages: make([]page, 0, pagesFor(int64(len(b))))}
	for len(b) > 0 {
		n := min(pageSize, len(b))
		c.pages = append(c.pages, page{b: b[:n:n], fixed: true})
		b = b[n:]
	}
	return c
}

// page returns page i, or nil when the content ends before it.
func (c *Content) page(i int64) *page {
	if c == nil || i >= int64(len(c.pages)) {
		return nil
	}
	return &c.pages[i]
}

// Know says what the file at path is expected to hold at last. Whatever is
// written there and equals c at the same offset is kept by reference, at no
// cost of memory once a page is complete. The file may be written differently,
// and need not exist: the expectation is looked up when a file is opened, and
// stays with the FS until it is replaced. A nil c ends it.
func (f *FS) Know(path string, c *Content) {
	path = canonical(path)
	if c == nil {
		delete(f.known, path)
		return
	}
	f.known[path] = c
}
