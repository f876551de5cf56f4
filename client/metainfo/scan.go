package metainfo

import (
	"bytes"
	"fmt"
	"strconv"
)

// scanner checks bencoding before the library decodes it. The library would recurse, could not say where a file was
// cut off, is lenient here and strict there, and makes values of whatever is in the file; the scanner uses a small
// stack of its own and allocates nothing else, so that only sound and bounded bytes go further.
type scanner struct {
	b        []byte
	at       int
	open     []container
	disorder int // offset of the first key that is not above the one before it; -1: all are sorted
}

// container is a list or dictionary the scanner is in.
type container struct {
	begin   int
	dict    bool
	pending bool   // dict: a key was read, its value was not
	key     []byte // dict: the last key
}

// scan checks the value at the beginning of b, and returns where it ends and where keys are unsorted or repeated, or -1.
func scan(b []byte) (end, disorder int, err error) {
	s := scanner{b: b, disorder: -1}
	if err := s.value(); err != nil {
		return 0, 0, err
	}
	return s.at, s.disorder, nil
}

// value reads one value with all that is in it.
func (s *scanner) value() error {
	for {
		if s.at == len(s.b) {
			return s.truncated()
		}
		var in *container
		if len(s.open) > 0 {
			in = &s.open[len(s.open)-1]
		}
		complete, err := s.token(in)
		if err != nil {
			return err
		}
		if !complete {
			continue
		}
		if len(s.open) == 0 {
			return nil
		}
		s.open[len(s.open)-1].pending = false
	}
}

// token reads the next token inside in, which is nil at the top, and reports whether it completes a value.
func (s *scanner) token(in *container) (complete bool, err error) {
	switch c := s.b[s.at]; {
	case c == 'e' && in != nil:
		if in.pending {
			return false, s.errorf(s.at, "key %s of the dictionary has no value", quote(in.key))
		}
		s.open = s.open[:len(s.open)-1]
		s.at++
		return true, nil
	case in != nil && in.dict && !in.pending:
		return false, s.key(in)
	case c == 'd' || c == 'l':
		if len(s.open) == maxDepth {
			return false, s.errorf(s.at, "more than %d lists and dictionaries inside one another", maxDepth)
		}
		s.open = append(s.open, container{begin: s.at, dict: c == 'd'})
		s.at++
		return false, nil
	case c == 'i':
		return true, s.integer()
	case isDigit(c):
		_, err := s.text()
		return true, err
	default:
		return false, s.errorf(s.at, "%q begins no value", c)
	}
}

// key reads a key of dictionary in.
//
// BEP 3: "Keys must be strings and appear in sorted order (sorted as raw strings, not alphanumerics)." Torrents which
// break the second half exist and work, since the info-hash is that of the bytes as they are; so it is only noted.
func (s *scanner) key(in *container) error {
	if !isDigit(s.b[s.at]) {
		return s.errorf(s.at, "a key of a dictionary must be a string, not %q", s.b[s.at])
	}
	at := s.at
	key, err := s.text()
	if err != nil {
		return err
	}
	if in.key != nil && bytes.Compare(key, in.key) <= 0 && s.disorder < 0 {
		s.disorder = at
	}
	in.key, in.pending = key, true
	return nil
}

// integer reads i<digits>e. BEP 3: "Integers have no size limitation. i-0e is invalid. All encodings with a leading
// zero, such as i03e, are invalid, other than i0e".
func (s *scanner) integer() error {
	begin := s.at
	s.at++
	negative := s.at < len(s.b) && s.b[s.at] == '-'
	if negative {
		s.at++
	}
	digits, err := s.digits('e', "integer", begin)
	if err != nil {
		return err
	}
	if negative && digits[0] == '0' {
		return s.errorf(begin, "an integer cannot be -0")
	}
	return nil
}

// text reads <length>:<bytes> and returns the bytes, never nil.
func (s *scanner) text() ([]byte, error) {
	begin := s.at
	digits, err := s.digits(':', "length of a string", begin)
	if err != nil {
		return nil, err
	}
	n, err := strconv.Atoi(string(digits))
	if err != nil || n > maxTorrent {
		return nil, s.errorf(begin, "a string longer than the limit of %d bytes", maxTorrent)
	}
	if have := len(s.b) - s.at; n > have {
		return nil, s.errorf(len(s.b), "the file ends inside a string: %d of its %d bytes are missing (it begins at byte %d)",
			n-have, n, begin)
	}
	s.at += n
	return s.b[s.at-n : s.at], nil
}

// digits reads a number up to and with its end mark; begin is where the token of that kind began.
func (s *scanner) digits(mark byte, kind string, begin int) ([]byte, error) {
	first := s.at
	for s.at < len(s.b) && isDigit(s.b[s.at]) {
		s.at++
	}
	digits := s.b[first:s.at]
	switch {
	case s.at == len(s.b):
		return nil, s.errorf(s.at, "the file ends inside the %s at byte %d", kind, begin)
	case s.b[s.at] != mark || len(digits) == 0:
		return nil, s.errorf(s.at, "%q in the %s at byte %d", s.b[s.at], kind, begin)
	case len(digits) > 1 && digits[0] == '0':
		return nil, s.errorf(begin, "the %s has a leading zero", kind)
	}
	s.at++
	return digits, nil
}

func (s *scanner) truncated() error {
	if len(s.open) == 0 {
		return s.errorf(s.at, "the file is empty")
	}
	in, kind := s.open[len(s.open)-1], "list"
	if in.dict {
		kind = "dictionary"
	}
	return s.errorf(s.at, "the file ends inside the %s that begins at byte %d", kind, in.begin)
}

func (s *scanner) errorf(at int, format string, args ...any) error {
	return &SyntaxError{at, fmt.Sprintf(format, args...)}
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
