package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"bt/client"
)

// recordUsage says what is in the file before anybody gives it away.
const recordUsage = "record the run in a new `FILE`, for 'btsim replay': addresses of peers, names of files and\nURLs of trackers, with passkeys, are in it, and no data"

// recordMode keeps those from other users.
const recordMode = 0o600

// createRecord makes the file of --record; nil if none is wanted. One that is
// there already is not overwritten: it would keep its mode, and may be anything.
func createRecord(f *transferFlags) (*os.File, error) {
	path := f.record
	switch {
	case path != "":
	case f.recordEffects:
		return nil, usage("--record-effects: it is of a --record")
	default:
		return nil, nil
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, recordMode)
	if errors.Is(err, fs.ErrExist) {
		return nil, fail(codeExists, "--record %s: is there already", path)
	}
	if err != nil {
		return nil, fmt.Errorf("--record: %w", err)
	}
	return file, nil
}

// closeRecord ends what createRecord has begun. What the system has put off
// writing may fail here.
func (a *app) closeRecord(file *os.File) {
	if file == nil {
		return
	}
	if err := file.Close(); err != nil {
		a.recordFailed(err)
	}
}

// recordFailed tells that the record has no end. The download goes on.
func (a *app) recordFailed(err error) {
	a.warn("--record: %v; what happens from now on is not recorded", err)
	if a.json {
		a.events.recordFailed(err)
	}
}

// recordFailed prints the event of that name.
func (e *events) recordFailed(err error) {
	e.emit(struct {
		event
		Error string `json:"error"`
	}{e.head("record_failed"), printable(err.Error())})
}

// isRecord takes the news of a recording, which are about no torrent.
func (tr *transfer) isRecord(n client.Notice) bool {
	failed, ok := n.(client.RecordFailed)
	if ok {
		tr.app.recordFailed(failed.Err)
	}
	return ok
}
