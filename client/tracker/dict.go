package tracker

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/anacrolix/torrent/bencode"
)

// A dict is a bencoded dictionary whose values are still encoded, so that one
// of the wrong type does not spoil the others. Reading from a nil dict gives
// zero values.
type dict map[string]bencode.Bytes

// parseDict reads a dictionary at the start of b, of MaxBody bytes at most. The
// error quotes how b starts: often it is a web page that explains itself.
func parseDict(b []byte) (dict, error) {
	switch {
	case len(b) == 0:
		return nil, errors.New("nothing there")
	case len(b) > MaxBody:
		return nil, fmt.Errorf("%d bytes, limit %d", len(b), MaxBody)
	}
	dec := bencode.NewDecoder(bytes.NewReader(b))
	dec.MaxStrLen = MaxBody
	var d dict
	err := dec.Decode(&d)
	if err == nil && b[0] != 'd' {
		err = errors.New("no dictionary")
	}
	if err != nil {
		return nil, fmt.Errorf("%w, in %.64q", err, b)
	}
	return d, nil
}

// string returns the string under key, or "" when there is none.
func (d dict) string(key string) (s string) {
	if raw := d[key]; len(raw) > 0 && bencode.Unmarshal(raw, &s) != nil {
		return ""
	}
	return s
}

// int returns the integer under key, the nearest int64 when it is out of range,
// or 0 when there is none.
func (d dict) int(key string) int64 {
	raw := d[key]
	if len(raw) < 2 || raw[0] != 'i' {
		return 0
	}
	// On ErrRange the value is the nearest one.
	n, err := strconv.ParseInt(string(raw[1:len(raw)-1]), 10, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0
	}
	return n
}

// count returns the integer under key as a number of things.
func (d dict) count(key string) int {
	return int(min(max(d.int(key), 0), math.MaxInt32))
}

// seconds returns the integer under key as a duration that does not overflow.
func (d dict) seconds(key string) time.Duration {
	const most = math.MaxInt64 / int64(time.Second)
	return time.Duration(min(max(d.int(key), -most), most)) * time.Second
}

// printable makes a text from the network fit for a terminal and a log: of
// bounded length, valid UTF-8, no control characters.
func printable(s string) string {
	s = strings.ToValidUTF8(s[:min(len(s), maxText)], "?")
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '?'
	}, s)
}
