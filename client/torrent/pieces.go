package torrent

import (
	"bt/client/bitfield"
	"bt/client/metainfo"
)

// pieces is what a torrent knows about its pieces: which it has, and which it
// wants.
type pieces struct {
	info   *metainfo.Info
	have   bitfield.Bitfield
	wanted bitfield.Bitfield // priority above 0, had or not
	prio   []int             // one a piece: the highest of its files
	left   int64             // bytes of the pieces wanted and not had
	lacked int               // number of those pieces
}

func newPieces(info *metainfo.Info, files []int) pieces {
	n := info.NumPieces()
	ps := pieces{info: info, have: bitfield.New(n), wanted: bitfield.New(n)}
	ps.prioritise(files)
	return ps
}

// prioritise derives the priority of each piece from those of the files, nil
// for all 1: a piece is worth what the most wanted file in it is worth.
func (ps *pieces) prioritise(files []int) {
	n := ps.info.NumPieces()
	ps.prio = make([]int, n)
	padOnly := bitfield.New(n) // pieces that no real file touches
	padOnly.SetAll()
	for i, f := range ps.info.Files {
		first, last, ok := ps.info.FilePieces(i)
		if !ok || f.Pad {
			continue
		}
		prio := 1
		if files != nil {
			prio = files[i]
		}
		for p := first; p <= last; p++ {
			ps.prio[p] = max(ps.prio[p], prio)
			padOnly.Clear(p)
		}
	}
	ps.wanted.ClearAll()
	ps.left, ps.lacked = 0, 0
	for p := range n {
		if padOnly.Has(p) {
			ps.prio[p] = 1 // else a torrent with such a piece could never be a seed
		}
		if ps.prio[p] == 0 {
			continue
		}
		ps.wanted.Set(p)
		if !ps.have.Has(p) {
			ps.left += ps.info.PieceSize(p)
			ps.lacked++
		}
	}
}

// wants says whether a piece is wanted and not had.
func (ps *pieces) wants(p int) bool { return ps.wanted.Has(p) && !ps.have.Has(p) }

// set notes that a piece is had, and reports whether that is news.
func (ps *pieces) set(p int) bool {
	if ps.have.Has(p) {
		return false
	}
	if ps.wanted.Has(p) {
		ps.left -= ps.info.PieceSize(p)
		ps.lacked--
	}
	ps.have.Set(p)
	return true
}

// clear notes that a piece was lost, and reports whether that is news.
func (ps *pieces) clear(p int) bool {
	if !ps.have.Has(p) {
		return false
	}
	ps.have.Clear(p)
	if ps.wanted.Has(p) {
		ps.left += ps.info.PieceSize(p)
		ps.lacked++
	}
	return true
}

// complete says that all that is wanted is had; seed, that everything is.
func (ps *pieces) complete() bool { return ps.lacked == 0 }
func (ps *pieces) seed() bool     { return ps.have.All() }
