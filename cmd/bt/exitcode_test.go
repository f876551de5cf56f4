package main

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"
	"testing"

	"bt/client"
	"bt/client/metainfo"
)

func TestCodeOf(t *testing.T) {
	path := func(errno error) error { return &fs.PathError{Op: "open", Path: "x", Err: errno} }
	for _, test := range []struct {
		err  error
		code exitCode
		kind string
	}{
		{nil, 0, "ok"},
		{errors.New("what"), 1, "other"},
		{usage("no"), 2, "usage"},
		{path(syscall.ENOENT), 3, "not_found"},
		{&failure{codeNetwork, path(syscall.ENOENT)}, 6, "network"},
		{path(syscall.ENOSPC), 9, "disk_full"},
		{path(syscall.EEXIST), 13, "exists"},
		{fmt.Errorf("x: %w", client.ErrDuplicate), 13, "exists"},
		{path(syscall.EACCES), 17, "io"},
		{path(syscall.EIO), 17, "io"},
		{&metainfo.SyntaxError{}, 25, "bencode"},
		{&metainfo.FieldError{}, 26, "bad_torrent"},
		{fail(codeStalled, "x"), 5, "stalled"},
		{inUse("x", "y", 1), 11, "in_use"},
		{&toldError{fail(codeVerification, "x")}, 32, "verification"},
	} {
		if got := codeOf(test.err); got != test.code || got.kind() != test.kind {
			t.Errorf("%v: exit code %d, want %d %s", test.err, got, test.code, test.kind)
		}
	}
	for _, test := range []struct {
		err  error
		code exitCode
	}{{syscall.ENOSPC, codeDiskFull}, {syscall.EIO, codeIO}, {fs.ErrNotExist, codeIO}, {errors.New("odd"), codeIO}} {
		if got := diskCode(fmt.Errorf("write x: %w", test.err)); got != test.code {
			t.Errorf("from the storage, %v: exit code %d, want %d", test.err, got, test.code)
		}
	}
}
