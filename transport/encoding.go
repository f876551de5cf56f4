package transport

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"math"
)

// ErrBadEncoding says that a body which was sent compressed cannot be unpacked.
var ErrBadEncoding = errors.New("compressed response is damaged")

// ErrTruncatedEncoding says that it lacks its end.
var ErrTruncatedEncoding = errors.New("compressed response is cut short")

// AcceptEncoding is the Content-Encoding that Fetchers take, and ask for.
const AcceptEncoding = "gzip"

// Unpack returns a whole body without its Content-Encoding, limit bytes at most:
// a larger one is ErrBodyTooLarge. It is here so that every Fetcher takes and
// refuses the same; an encoding that nobody has asked for is left as it is.
func Unpack(body []byte, encoding string, limit int64) ([]byte, error) {
	if encoding != AcceptEncoding && encoding != "x-gzip" || len(body) == 0 {
		return body, nil
	}
	z, err := gzip.NewReader(bytes.NewReader(body))
	if err != nil {
		return nil, encodingError(err)
	}
	onePast := limit
	if onePast < math.MaxInt64 {
		onePast++
	}
	unpacked, err := io.ReadAll(io.LimitReader(z, onePast))
	switch {
	case int64(len(unpacked)) > limit:
		return nil, fmt.Errorf("%w: more than %d bytes", ErrBodyTooLarge, limit)
	case err != nil:
		return nil, encodingError(err)
	}
	return unpacked, nil
}

func encodingError(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return ErrTruncatedEncoding
	}
	return fmt.Errorf("%w: %w", ErrBadEncoding, err)
}
