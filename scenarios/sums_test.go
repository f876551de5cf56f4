package scenarios

import (
	"bytes"
	"crypto/sha1"
	"testing"

	"bt/client/metainfo"

	"pgregory.net/rapid"
)

// TestKnownHash: whatever is given to it, in whichever parts, a knownHash says what
// SHA-1 does: the pieces of its torrent, beginnings of them, several of them, and
// any of these with a byte changed.
func TestKnownHash(t *testing.T) {
	const length = 100
	content := append(randomBytes(2*length, 1), make([]byte, 2*length)...) // two pieces are equal
	content = append(content, content[:length/2]...)                       // and the last is like the first, and short
	var sums []metainfo.Hash
	for at := 0; at < len(content); at += length {
		sums = append(sums, sha1.Sum(content[at:min(at+length, len(content))]))
	}
	h := newKnownSums(content, length, sums).hash()
	rapid.Check(t, func(t *rapid.T) {
		h.Reset()
		begin := rapid.SampledFrom([]int{0, 100, 200, 300, 400, 57}).Draw(t, "begin")
		n := rapid.SampledFrom([]int{0, 5, 50, 99, 100, 101, 200}).Draw(t, "bytes")
		data := bytes.Clone(content[begin:min(begin+n, len(content))])
		if len(data) > 0 && rapid.Bool().Draw(t, "changed") {
			data[rapid.IntRange(0, len(data)-1).Draw(t, "where")] ^= 1
		}
		for rest := data; len(rest) > 0; {
			part := rest[:rapid.IntRange(1, len(rest)).Draw(t, "part")]
			h.Write(part)
			rest = rest[len(part):]
			sum := sha1.Sum(data[:len(data)-len(rest)])
			if got := h.Sum([]byte("x")); !bytes.Equal(got[1:], sum[:]) || got[0] != 'x' {
				t.Fatalf("sum of %d bytes is %x, want %x", len(data)-len(rest), got[1:], sum)
			}
		}
		if sum := sha1.Sum(data); !bytes.Equal(h.Sum(nil), sum[:]) {
			t.Fatalf("sum of %d bytes is %x, want %x", len(data), h.Sum(nil), sum)
		}
	})
}
