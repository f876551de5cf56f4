package simfs

const (
	// pageSize is the granularity of holes, of sharing and of what a Sync or a
	// crash decides upon. 16 KiB is a block of the peer protocol, so that a
	// block of an aligned file becomes a reference without ever being copied:
	// 0.5 µs, where with 64 KiB pages four blocks are gathered in a copy first,
	// at several µs each. BenchmarkWriteAt measures it.
	pageSize = 16 << 10

	// leafPages is the number of pages one leaf of a table covers (8 MiB). The
	// table of a sparse file of 1 TiB then costs 1 MiB.
	leafPages = 512

	// maxFileSize is that of ext4 with 4 KiB blocks; beyond it is EFBIG.
	maxFileSize = 16 << 40
)

// page is the content of one page; bytes past len(b) are zero. A nil *page is a
// hole.
type page struct {
	b []byte
	// fixed pages are replaced instead of changed: those of a Content, and those
	// that a log or an image has too.
	fixed bool
}

// leastPage is the least memory of a page of own bytes: many files are small, and
// many pages are written in parts.
const leastPage = 1 << 10

// newPage returns a page of own bytes that reads as old does.
func newPage(old *page) *page { return newPageOf(old, pageSize) }

// newPageOf is newPage with room for n bytes at least.
func newPageOf(old *page, n int) *page {
	p := new(page)
	if old != nil {
		n = max(n, len(old.b))
		p.b = old.b
	}
	p.reserve(n)
	return p
}

// reserve gives the page new memory, for n bytes at least.
func (p *page) reserve(n int) {
	size := leastPage
	for size < n {
		size *= 2
	}
	b := make([]byte, size)
	copy(b, p.b)
	p.b = b
}

// read fills dst from offset at of the page on.
func (p *page) read(dst []byte, at int) {
	n := 0
	if p != nil && at < len(p.b) {
		n = copy(dst, p.b[at:])
	}
	clear(dst[n:])
}

// zeroFrom says whether all bytes of the page from offset at on are zero.
func (p *page) zeroFrom(at int) bool {
	if p == nil {
		return true
	}
	for i := at; i < len(p.b); i++ {
		if p.b[i] != 0 {
			return false
		}
	}
	return true
}

// pageTable maps page numbers to pages in two levels. The zero value is empty.
type pageTable struct {
	leaves []*leaf
	count  int64 // pages which are not holes
}

// leaf grows up to leafPages, so that a small file has a small table.
type leaf struct{ pages []*page }

func (t *pageTable) get(i int64) *page {
	top, low := i/leafPages, i%leafPages
	if top >= int64(len(t.leaves)) || t.leaves[top] == nil || low >= int64(len(t.leaves[top].pages)) {
		return nil
	}
	return t.leaves[top].pages[low]
}

// set makes p page i; a nil p makes it a hole.
func (t *pageTable) set(i int64, p *page) {
	old := t.get(i)
	switch {
	case old == nil && p == nil:
		return
	case old == nil:
		t.count++
	case p == nil:
		t.count--
	}
	top, low := i/leafPages, i%leafPages
	if short := top + 1 - int64(len(t.leaves)); short > 0 {
		t.leaves = append(t.leaves, make([]*leaf, short)...)
	}
	if t.leaves[top] == nil {
		t.leaves[top] = &leaf{}
	}
	l := t.leaves[top]
	if short := low + 1 - int64(len(l.pages)); short > 0 {
		l.pages = append(l.pages, make([]*page, short)...)
	}
	l.pages[low] = p
}

// next returns the first page from i on that is not a hole, or -1.
func (t *pageTable) next(i int64) int64 {
	low := i % leafPages
	for top := i / leafPages; top < int64(len(t.leaves)); top++ {
		if l := t.leaves[top]; l != nil {
			for ; low < int64(len(l.pages)); low++ {
				if l.pages[low] != nil {
					return top*leafPages + low
				}
			}
		}
		low = 0
	}
	return -1
}

// pagesFor returns the number of pages that size bytes reach into.
func pagesFor(size int64) int64 { return (size + pageSize - 1) / pageSize }
