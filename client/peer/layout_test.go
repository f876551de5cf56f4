package peer

import (
	"reflect"
	"testing"
)

// Of a peer from which a HAVE comes, or that a round of the choker asks, three lines
// of the processor's cache are needed, and it has not been there for long. In front
// of each object of this size, Go keeps eight bytes of its own.
func TestLayout(t *testing.T) {
	const line, header = 64, 8
	peer := reflect.TypeFor[Peer]()
	waiting, _ := reflect.TypeFor[Uploads]().FieldByName("waiting")
	uploads, _ := peer.FieldByName("Uploads")
	if end := header + uploads.Offset + waiting.Offset + waiting.Type.Size(); end > 3*line {
		t.Errorf("what each message needs ends after %d bytes, want %d", end, 3*line)
	}
	if size := header + peer.Size(); size > 14*line {
		t.Errorf("a peer has %d bytes, want %d", size, 14*line)
	}
}
