package session

import (
	"cmp"
	"container/heap"
	"slices"
	"time"

	"bt/client/boundary"
	"bt/client/torrent"
)

// schedule knows which torrent wants to be woken next, at the same cost for ten
// torrents and ten thousand. Equal times go by torrent id.
type schedule struct {
	heap wakeups
	at   map[boundary.TorrentID]*wakeup
}

type wakeup struct {
	at    time.Time
	why   string
	t     *torrent.Torrent
	index int
}

// set notes when t wants to be woken; never, if at is zero.
func (s *schedule) set(t *torrent.Torrent, at time.Time, why string) {
	if at.IsZero() {
		s.remove(t)
		return
	}
	if w := s.find(t); w != nil {
		if w.why = why; !w.at.Equal(at) {
			w.at = at
			heap.Fix(&s.heap, w.index)
		}
		return
	}
	if s.at == nil {
		s.at = make(map[boundary.TorrentID]*wakeup)
	}
	w := &wakeup{at: at, why: why, t: t}
	s.at[t.ID()] = w
	heap.Push(&s.heap, w)
}

func (s *schedule) remove(t *torrent.Torrent) {
	if w := s.find(t); w != nil {
		heap.Remove(&s.heap, w.index)
		delete(s.at, t.ID())
	}
}

// find returns when t wants to be woken, or nil. Most often t is the only torrent,
// or the only one that does something, and so the first.
func (s *schedule) find(t *torrent.Torrent) *wakeup {
	if len(s.heap) > 0 && s.heap[0].t == t {
		return s.heap[0]
	}
	return s.at[t.ID()]
}

func (s *schedule) first() (time.Time, string) {
	if len(s.heap) == 0 {
		return time.Time{}, ""
	}
	return s.heap[0].at, s.heap[0].why
}

// pop takes out a torrent that is due, nil if there is none.
func (s *schedule) pop(now time.Time) *torrent.Torrent {
	if len(s.heap) == 0 || s.heap[0].at.After(now) {
		return nil
	}
	t := s.heap[0].t
	s.remove(t)
	return t
}

// wakeups implements heap.Interface.
type wakeups []*wakeup

func (h wakeups) Len() int { return len(h) }
func (h wakeups) Less(i, j int) bool {
	if c := h[i].at.Compare(h[j].at); c != 0 {
		return c < 0
	}
	return h[i].t.ID() < h[j].t.ID()
}
func (h wakeups) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}
func (h *wakeups) Push(x any) {
	w := x.(*wakeup)
	w.index = len(*h)
	*h = append(*h, w)
}
func (h *wakeups) Pop() any {
	last := len(*h) - 1
	w := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return w
}

// sorted returns the torrents by id: the order in which they were added.
func (s *Session) sorted() []*torrent.Torrent {
	all := make([]*torrent.Torrent, 0, len(s.torrents))
	for _, t := range s.torrents { // order: sorted below
		all = append(all, t)
	}
	slices.SortFunc(all, func(a, b *torrent.Torrent) int { return cmp.Compare(a.ID(), b.ID()) })
	return all
}
