package metainfo

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/anacrolix/torrent/bencode"
)

// value is one bencoded value that was scanned, still raw, and the field it stands in. Its methods decode one level,
// or say which field is of the wrong kind.
type value struct {
	field string
	raw   bencode.Bytes
}

// dict is a dictionary whose values are still raw. Of repeated keys the last one counts.
type dict struct {
	field  string
	values map[string]bencode.Bytes
}

// get returns the value of a key; ok is false when there is none.
func (d dict) get(key string) (v value, ok bool) {
	raw, ok := d.values[key]
	return value{d.name(key), raw}, ok
}

// must is get for keys which cannot be missing.
func (d dict) must(key string) (value, error) {
	v, ok := d.get(key)
	if !ok {
		return value{}, invalid(v.field, "missing")
	}
	return v, nil
}

// name returns the field a key of d stands for.
func (d dict) name(key string) string {
	if d.field == "" {
		return key
	}
	return d.field + "." + key
}

// dict decodes into a map of raw values, not into a struct: for a struct the library also makes values of what no field
// wants, and refuses torrents whose keys are unsorted there, in what we do not even read.
func (v value) dict() (dict, error) {
	if v.raw[0] != 'd' {
		return dict{}, v.wrongKind("a dictionary")
	}
	// Keys count as elements here.
	if err := v.limit(2*maxKeys, "keys and values"); err != nil {
		return dict{}, err
	}
	d := dict{field: v.field}
	return d, v.decode(&d.values)
}

// list returns the elements, at most limit.
func (v value) list(limit int) ([]value, error) {
	if v.raw[0] != 'l' {
		return nil, v.wrongKind("a list")
	}
	if err := v.limit(limit, "elements"); err != nil {
		return nil, err
	}
	var raws []bencode.Bytes
	if err := v.decode(&raws); err != nil {
		return nil, err
	}
	values := make([]value, len(raws))
	for i, raw := range raws {
		values[i] = value{v.field + "[" + strconv.Itoa(i) + "]", raw}
	}
	return values, nil
}

func (v value) text() (s string, err error) {
	if !isDigit(v.raw[0]) {
		return "", v.wrongKind("a string")
	}
	return s, v.decode(&s)
}

func (v value) integer() (n int64, err error) {
	if v.raw[0] != 'i' {
		return 0, v.wrongKind("an integer")
	}
	if len(v.raw) > len("i-9223372036854775808e") {
		return 0, invalid(v.field, "does not fit into 64 bits")
	}
	if _, err := strconv.ParseInt(string(v.raw[1:len(v.raw)-1]), 10, 64); err != nil {
		return 0, invalid(v.field, "%s does not fit into 64 bits", v.raw[1:len(v.raw)-1])
	}
	return n, v.decode(&n)
}

// limit counts what is in a list or dictionary before anything is allocated for it.
func (v value) limit(most int, what string) error {
	s := scanner{b: v.raw, at: 1}
	for n := 0; s.b[s.at] != 'e'; n++ {
		if n >= most {
			return invalid(v.field, "more than %d %s", most, what)
		}
		if err := s.value(); err != nil {
			panic("metainfo: a value that was scanned is malformed: " + err.Error())
		}
	}
	return nil
}

// decode leaves the decoding to the library, under our limits instead of its defaults: 128 MiB for a string is more
// than the whole file may have.
func (v value) decode(into any) error {
	d := bencode.NewDecoder(bytes.NewReader(v.raw))
	d.MaxStrLen = maxTorrent
	d.MaxDepth = maxDepth
	if err := d.Decode(into); err != nil {
		return invalid(v.field, "%v", err)
	}
	return nil
}

func (v value) wrongKind(want string) error {
	have := "a string"
	switch v.raw[0] {
	case 'd':
		have = "a dictionary"
	case 'l':
		have = "a list"
	case 'i':
		have = "an integer"
	}
	if v.field == "" {
		return invalid("", "the file holds %s, not %s", have, want)
	}
	return invalid(v.field, "is %s, must be %s", have, want)
}

// quote makes text of strangers fit for a message: escaped, and no longer than a line.
func quote[T string | []byte](s T) string {
	const most = 60
	if len(s) > most {
		return strconv.Quote(strings.ToValidUTF8(string(s[:most]), "")) + "…"
	}
	return strconv.Quote(string(s))
}
