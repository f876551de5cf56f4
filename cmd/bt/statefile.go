package main

import "bt/client"

const (
	stateSuffix  = ".resume"
	stateDirPerm = 0o700
	// stateMax bounds what is read: the largest torrent there can be has a
	// state of some megabytes.
	stateMax = 64 << 20
)

// readGenerations returns the newest state of a file that is whole: when the
// last one is damaged or missing, the one before. Whichever it is, it is not
// taken at its word about the files. damage says what was wrong on the way; s
// is nil when there is nothing to use.
func readGenerations(path string) (s *savedState, damage error) {
	damage = client.ReadGenerations(client.OSFS(), path, stateMax, func(b []byte) (err error) {
		s, err = decodeState(b)
		return err
	})
	return s, damage
}

// replaceFile makes data the content of a file, whole or not at all, whatever
// happens to the machine meanwhile. What the file had before becomes the
// previous generation.
func replaceFile(path string, data []byte) error {
	return client.ReplaceFile(client.OSFS(), path, data)
}
