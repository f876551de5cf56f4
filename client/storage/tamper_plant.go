//go:build plant

package storage

// TamperLimit plants a bug for the oracles of the simulator to find: n files
// more than the limit stay open.
func (s *Store) TamperLimit(n int) { s.handles.limit += n }
