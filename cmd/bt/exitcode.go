package main

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"bt/client"
	"bt/client/metainfo"
)

// exitCode is what the process ends with. Where a meaning coincides with one of
// aria2's, so does the number: scripts need not be changed. Numbers of aria2
// that are missing here are not used for anything else.
type exitCode int

const (
	codeOK           exitCode = 0
	codeOther        exitCode = 1
	codeUsage        exitCode = 2
	codeNotFound     exitCode = 3
	codeStalled      exitCode = 5
	codeNetwork      exitCode = 6
	codeUnfinished   exitCode = 7
	codeDiskFull     exitCode = 9
	codeInUse        exitCode = 11
	codeExists       exitCode = 13
	codeIO           exitCode = 17
	codeBencode      exitCode = 25
	codeTorrent      exitCode = 26
	codeMagnet       exitCode = 27
	codeVerification exitCode = 32
	codeKilled       exitCode = 130 // what shells show for a process that SIGINT has ended
)

// exitCodes is the one place that lists them, for --json and for the help.
var exitCodes = []struct {
	code    exitCode
	kind    string
	meaning string
}{
	{codeOK, "ok", "all was done"},
	{codeOther, "other", "something that is not in this list went wrong"},
	{codeUsage, "usage", "an unknown flag, a wrong argument"},
	{codeNotFound, "not_found", "a file does not exist"},
	{codeStalled, "stalled", "nothing has come for as long as --stop-timeout says; run it again to go on"},
	{codeNetwork, "network", "the network has failed, or the port given by --port is taken"},
	{codeUnfinished, "unfinished", "stopped by Ctrl-C or SIGTERM with work left; run it again to go on"},
	{codeDiskFull, "disk_full", "no space left on the device, or the quota is spent, for as long as --on-full says;\n                     run it again to go on"},
	{codeInUse, "in_use", "another bt is busy with the same torrent in the same directory"},
	{codeExists, "exists", "a file is there already, or the same torrent was given twice"},
	{codeIO, "io", "the disk or the filesystem has refused to read or write"},
	{codeBencode, "bencode", "a file is damaged, or was never a .torrent"},
	{codeTorrent, "bad_torrent", "a .torrent says what cannot be"},
	{codeMagnet, "magnet", "a magnet link, which bt cannot use yet"},
	{codeVerification, "verification", "data does not match its torrent, or is not complete"},
	{codeKilled, "killed", "ended at once: by a second Ctrl-C, or by one before there was anything to end in order"},
}

func (c exitCode) kind() string {
	for _, e := range exitCodes {
		if e.code == c {
			return e.kind
		}
	}
	panic(fmt.Sprintf("bt: exit code %d has no name", int(c)))
}

// failure is an error whose exit code is known where it arises.
type failure struct {
	code exitCode
	err  error
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

func fail(code exitCode, format string, args ...any) error {
	return &failure{code, fmt.Errorf(format, args...)}
}

func usage(format string, args ...any) error { return fail(codeUsage, format, args...) }

// toldError was told to people when it happened, and is not told again.
type toldError struct{ err error }

func (e *toldError) Error() string { return e.err.Error() }
func (e *toldError) Unwrap() error { return e.err }

// causes maps errors of the system and of the client to codes. The first that
// fits is taken, so that what is special stands before what is general.
var causes = []struct {
	cause error
	code  exitCode
}{
	{metainfo.ErrBencode, codeBencode},
	{metainfo.ErrInvalid, codeTorrent},
	{client.ErrDuplicate, codeExists},
	{syscall.ENOSPC, codeDiskFull},
	{syscall.EDQUOT, codeDiskFull},
	{fs.ErrNotExist, codeNotFound},
	{fs.ErrExist, codeExists},
	{fs.ErrPermission, codeIO},
}

// codeOf says which code an error ends the program with.
func codeOf(err error) exitCode {
	if err == nil {
		return codeOK
	}
	var (
		failed *failure
		path   *fs.PathError
	)
	if errors.As(err, &failed) {
		return failed.code
	}
	if code, ok := causeOf(err); ok {
		return code
	}
	if errors.As(err, &path) {
		return codeIO
	}
	return codeOther
}

func causeOf(err error) (exitCode, bool) {
	for _, c := range causes {
		if errors.Is(err, c.cause) {
			return c.code, true
		}
	}
	return 0, false
}

// diskCode is for errors of the client's storage. Whatever it cannot name is
// still the disk; and a file that has vanished is not one the user has named.
func diskCode(err error) exitCode {
	if code, ok := causeOf(err); ok && code == codeDiskFull {
		return code
	}
	return codeIO
}

// newExitCodesTopic returns a help topic: a command that does nothing.
func newExitCodesTopic() *cobra.Command {
	var b strings.Builder
	b.WriteString("bt ends with one of these codes. With --json the last event has the code\nand its name.\n\n")
	for _, e := range exitCodes {
		fmt.Fprintf(&b, "  %3d  %-12s  %s\n", e.code, e.kind, e.meaning)
	}
	return &cobra.Command{Use: "exit-codes", Short: "The exit codes and what they mean", Long: b.String()}
}
