package simfs

import "fmt"

// Suspect has the FS look out for what is allowed and yet hardly ever meant: see
// Suspicions. It costs time, and changes nothing else.
func (f *FS) Suspect(on bool) { f.strict = on }

// Suspicions returns what was found since Suspect, first things first:
//
//   - "overlap /a 0+512": bytes written that another handle, open still, has
//     written since the last Sync; had the two been at it at the same time, it
//     would be anybody's guess what is there;
//   - "unwritten /a 0+512": bytes read within a file that were never written.
func (f *FS) Suspicions() []string { return f.suspicions }

func (f *FS) suspect(what, path string, off int64, n int) {
	if len(f.suspicions) < maxMisuses {
		f.suspicions = append(f.suspicions, fmt.Sprintf("%s %s %d+%d", what, path, off, n))
	}
}

// suspectWrite looks at a write that is about to be made.
func (h *handle) suspectWrite(off int64, n int) {
	l := &h.node.log
	for i, c := range l.changes {
		other := c.by
		if c.kind == changeWrite && other != h && other != nil && !other.closed && other.boot == h.boot &&
			off < c.off+l.size(i) && c.off < off+int64(n) {
			h.fs.suspect("overlap", h.path, off, n)
			return
		}
	}
}

// suspectRead looks at a read that is about to be made.
func (h *handle) suspectRead(off int64, n int) {
	end := min(off+int64(n), h.node.size)
	for i := off / pageSize; i*pageSize < end; i++ {
		if h.node.pages.get(i) == nil {
			h.fs.suspect("unwritten", h.path, off, n)
			return
		}
	}
}
