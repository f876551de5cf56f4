package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"strings"
	"time"

	"bt/client/metainfo"
	"bt/transport"
)

const (
	// sourceMax bounds a .torrent file. The largest in use have some tens of
	// megabytes.
	sourceMax = 64 << 20
	// sourceTimeout bounds the download of one: that of a large file over a
	// slow line.
	sourceTimeout = 2 * time.Minute
)

// load reads and parses a .torrent: a file, stdin for "-", or a URL.
func (a *app) load(src string) (*metainfo.MetaInfo, error) {
	b, err := a.read(src)
	if err != nil {
		return nil, err
	}
	meta, err := metainfo.Parse(b)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", sourceName(src), err)
	}
	for _, note := range meta.Notes {
		a.say("%s: %s", sourceName(src), note)
	}
	return meta, nil
}

func (a *app) loadAll(srcs []string) ([]*metainfo.MetaInfo, error) {
	var metas []*metainfo.MetaInfo
	for _, src := range srcs {
		meta, err := a.load(src)
		if err != nil {
			return nil, err
		}
		metas = append(metas, meta)
	}
	return metas, nil
}

func (a *app) read(src string) ([]byte, error) {
	switch lower := strings.ToLower(src); {
	case src == "-":
		return readLimited(sourceName(src), a.stdin)
	case strings.HasPrefix(lower, "magnet:"):
		return nil, fail(codeMagnet, "%s: magnet links are not supported yet; get the .torrent file", src)
	case strings.HasPrefix(lower, "http://"), strings.HasPrefix(lower, "https://"):
		return fetch(src)
	default:
		return readFile(src)
	}
}

func sourceName(src string) string {
	if src == "-" {
		return "standard input"
	}
	return src
}

func readFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, pathError(err)
	}
	defer f.Close() // only read from
	// Never wait for a pipe that nobody writes to, nor read a device.
	fi, err := f.Stat()
	switch {
	case err != nil:
		return nil, pathError(err)
	case fi.IsDir():
		return nil, fail(codeTorrent, "%s: a directory, not a .torrent file", name)
	}
	return readLimited(name, f)
}

func readLimited(name string, r io.Reader) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, sourceMax+1))
	switch {
	case err != nil:
		return nil, &failure{codeIO, fmt.Errorf("read %s: %w", name, bare(err))}
	case len(b) == 0:
		return nil, fail(codeBencode, "%s: empty, not a .torrent file", name)
	case len(b) > sourceMax:
		return nil, fail(codeTorrent, "%s: more than %s, not a .torrent file", name, bytesText(sourceMax))
	}
	return b, nil
}

// fetch downloads a .torrent.
func fetch(url string) ([]byte, error) {
	fetcher := newFetcher()
	defer fetcher.Close()
	type answer struct {
		r   transport.FetchResponse
		err error
	}
	answers := make(chan answer, 1)
	fetcher.Fetch(transport.FetchRequest{URL: url, Timeout: sourceTimeout, MaxBody: sourceMax},
		func(r transport.FetchResponse, err error) { answers <- answer{r, err} })
	got := <-answers
	switch {
	case errors.Is(got.err, transport.ErrBodyTooLarge):
		return nil, fail(codeTorrent, "%s: more than %s, not a .torrent file", url, bytesText(sourceMax))
	case got.err != nil:
		return nil, fail(codeNetwork, "%s: %w", url, got.err)
	case got.r.Status == http.StatusNotFound || got.r.Status == http.StatusGone:
		return nil, fail(codeNotFound, "%s: not found there (HTTP status %d)", url, got.r.Status)
	case got.r.Status != http.StatusOK:
		return nil, fail(codeNetwork, "%s: HTTP status %d", url, got.r.Status)
	}
	return got.r.Body, nil
}

// pathError words an error of the system as "PATH: reason": which call of the
// system it was helps nobody.
func pathError(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		code := codeOf(err)
		return fail(code, "%s: %w", p.Path, p.Err)
	}
	return err
}

// bare returns what a *fs.PathError is about, without the path.
func bare(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}
