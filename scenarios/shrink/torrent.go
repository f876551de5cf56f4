package shrink

import (
	"slices"

	"bt/scenarios"
)

// smallTorrent makes the torrent one of few pieces, of one file, with a piece length
// that is usual.
func (t *search) smallTorrent() {
	t.try(func(s *scenarios.Scenario) {
		s.Torrent.Size, s.Torrent.Files = lengthOf(&s.Torrent), nil
	})
	t.dropSome(func(s *scenarios.Scenario) int { return len(s.Torrent.Files) }, dropFiles)
	if len(t.best.Torrent.Files) == 0 {
		t.fewPieces()
		return
	}
	if piece := t.best.Torrent.Piece; piece != usualPiece {
		t.tryAny([]func(*scenarios.Scenario){
			func(s *scenarios.Scenario) { s.Torrent.Piece = usualPiece },
			func(s *scenarios.Scenario) { s.Torrent.Piece = roundUp(piece, usualPiece) },
		})
	}
	for i := range t.best.Torrent.Files {
		t.smallFile(i)
	}
}

// smallFile gives a file few whole pieces.
func (t *search) smallFile(i int) {
	piece := t.best.Torrent.Piece
	n := roundUp(t.best.Torrent.Files[i].Size, piece) / piece
	var changes []func(*scenarios.Scenario)
	for _, n := range []scenarios.Size{0, 1, 2, 3, 4, n / 2, n - 1, n} {
		changes = append(changes, func(s *scenarios.Scenario) { s.Torrent.Files[i].Size = max(n, 0) * piece })
	}
	t.tryAny(changes)
}

// usualPiece is the smallest piece that is in use: one block.
const usualPiece = 16 * scenarios.KiB

func roundUp(n, unit scenarios.Size) scenarios.Size { return (n + unit - 1) / unit * unit }

// fewPieces tries the smallest numbers of pieces first, each with the usual piece
// length and with others.
func (t *search) fewPieces() {
	now := t.best.Torrent
	lengths := []scenarios.Size{usualPiece, 2 * usualPiece, 4 * usualPiece, roundUp(now.Piece, usualPiece), now.Piece}
	n := pieceCount(&now)
	counts := []int{1, 2, 3, 4, 6, 8, 12, 16, n / 2, n * 3 / 4, n - 1, n}
	slices.Sort(counts)
	var changes []func(*scenarios.Scenario)
	for _, n := range slices.Compact(counts) {
		if n < 1 || n > pieceCount(&now) {
			continue
		}
		for i, piece := range lengths {
			if slices.Index(lengths, piece) == i { // and is there no second time
				size := piece * scenarios.Size(n)
				change := func(s *scenarios.Scenario) { s.Torrent.Piece, s.Torrent.Size = piece, size }
				// A failure that needs time needs slower links when there are fewer bytes;
				// neither change alone would be kept.
				changes = append(changes, change, func(s *scenarios.Scenario) {
					change(s)
					slowDown(s, int64(size), int64(now.Size))
				})
			}
		}
	}
	t.tryAny(changes)
}

// slowDown makes rates so much lower that what takes long still does, when the torrent
// has so many bytes, and had so many.
func slowDown(s *scenarios.Scenario, has, had int64) {
	scale := func(r *scenarios.Rate) {
		if n := int64(*r) / max(had/has, 1); n > 0 {
			*r = 1 << (magnitude(n) - 1)
		}
	}
	for i := range s.Actors {
		a := &s.Actors[i]
		for _, r := range [...]*scenarios.Rate{&a.UpLimit, &a.DownLimit, &a.Disk} {
			scale(r)
		}
		if a.Link != nil {
			scale(&a.Link.Up)
			scale(&a.Link.Down)
		}
	}
	if s.Link != nil {
		scale(&s.Link.Up)
		scale(&s.Link.Down)
	}
}

// dropFiles leaves out files, and what was said of them: priorities go by index.
func dropFiles(s *scenarios.Scenario, i, j int) {
	drop := func(list []int) []int {
		if len(list) < j {
			return list
		}
		return slices.Delete(list, i, j)
	}
	s.Torrent.Files = slices.Delete(s.Torrent.Files, i, j)
	for k := range s.Actors {
		s.Actors[k].Priorities = drop(s.Actors[k].Priorities)
	}
	for k := range s.Actions {
		s.Actions[k].Priorities = drop(s.Actions[k].Priorities)
	}
}
