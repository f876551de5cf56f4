package tracker

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/anacrolix/torrent/bencode"
)

// ErrNoScrape says that the tracker has no scrape address.
var ErrNoScrape = errors.New("tracker does not support scrape")

// Scrape is what a tracker knows of torrents, without their peers.
type Scrape struct {
	Torrents []ScrapeTorrent // in the order of their info-hashes
	Failure  string          // when not empty, the reason why the tracker refused
}

// ScrapeTorrent is one torrent of a Scrape.
type ScrapeTorrent struct {
	InfoHash   [20]byte
	Complete   int // seeds
	Downloaded int // completed events, ever
	Incomplete int // peers that are not seeds
}

// CanScrape reports whether the tracker with this announce URL can be scraped,
// as far as the URL tells. Over UDP each can be.
func CanScrape(announce string) bool {
	if t, err := ParseTarget(announce); err == nil && t.UDP {
		return true
	}
	_, err := ScrapeURL(announce)
	return err == nil
}

// ScrapeURL returns the address of the GET request that asks about the torrents
// with these info-hashes, or ErrNoScrape.
func ScrapeURL(announce string, hashes ...[20]byte) (string, error) {
	u, err := parseHTTP(announce)
	if err != nil {
		return "", fmt.Errorf("scrape URL: %w", err)
	}
	// BEP 48: "This is done by locating the string announce in the path
	// section of the announce URL and replacing it with the string scrape."
	// By convention it must start the last segment of the path, as written.
	path := u.EscapedPath()
	slash := strings.LastIndexByte(path, '/') + 1
	rest, ok := strings.CutPrefix(path[slash:], "announce")
	if !ok {
		return "", fmt.Errorf("%w: %q", ErrNoScrape, announce)
	}
	u.RawPath = path[:slash] + "scrape" + rest
	if u.Path, err = url.PathUnescape(u.RawPath); err != nil {
		return "", fmt.Errorf("scrape URL: %w", err)
	}
	q := query{[]byte(u.RawQuery)}
	for _, h := range hashes {
		q.bytes("info_hash", h[:])
	}
	u.RawQuery = string(q.raw)
	return u.String(), nil
}

// ParseScrape reads the body of an answer to a scrape. It is as lenient as
// ParseResponse: a torrent with a malformed info-hash is left out.
func ParseScrape(body []byte) (Scrape, error) {
	d, err := parseDict(body)
	if err != nil {
		return Scrape{}, fmt.Errorf("scrape response: %w", err)
	}
	if reason, failed := d["failure reason"]; failed {
		return Scrape{Failure: failureText(reason)}, nil
	}
	files, err := parseDict(d["files"])
	if err != nil {
		return Scrape{}, fmt.Errorf("scrape response: files: %w", err)
	}
	var s Scrape
	for _, hash := range slices.Sorted(maps.Keys(files)) {
		counts, err := parseDict(files[hash])
		if len(hash) != 20 || err != nil {
			continue
		}
		s.Torrents = append(s.Torrents, ScrapeTorrent{
			InfoHash:   [20]byte([]byte(hash)),
			Complete:   counts.count("complete"),
			Downloaded: counts.count("downloaded"),
			Incomplete: counts.count("incomplete"),
		})
	}
	return s, nil
}

// Append appends the scrape as bencode to dst, as a tracker does.
func (s *Scrape) Append(dst []byte) []byte {
	if s.Failure != "" {
		return appendFailure(dst, s.Failure)
	}
	type counts struct {
		Complete   int `bencode:"complete"`
		Downloaded int `bencode:"downloaded"`
		Incomplete int `bencode:"incomplete"`
	}
	files := make(map[string]counts, len(s.Torrents))
	for _, t := range s.Torrents {
		files[string(t.InfoHash[:])] = counts{t.Complete, t.Downloaded, t.Incomplete}
	}
	return append(dst, bencode.MustMarshal(map[string]any{"files": files})...)
}
