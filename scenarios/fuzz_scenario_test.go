package scenarios

import (
	"math/rand/v2"
	"testing"
)

// FuzzScenario takes any bytes for the choices of which a swarm is made, and runs
// it. There are no bytes that do not make one, and one byte more or less, or
// another one, changes one choice and what follows from it; so the fuzzer can
// climb, and make small what it has found.
func FuzzScenario(f *testing.F) {
	f.Add([]byte(nil))
	f.Add([]byte("0123456789"))
	f.Add([]byte{200, 10, 255, 1, 128, 3, 0, 99, 64, 31, 250, 7, 180, 90, 45, 220, 11, 5, 160, 80})
	f.Fuzz(func(t *testing.T, choices []byte) {
		s := decodeSwarm(choices)
		if err := s.Validate(); err != nil {
			t.Fatalf("%v\n%+v", err, s)
		}
		if r := Run(s, s.DefaultSeed(), Options{}); !r.Pass() {
			t.Error(r.explain(s))
		}
	})
}

// decodeSwarm makes a swarm of bytes.
func decodeSwarm(choices []byte) Scenario {
	s := &byteSource{choices, rand.NewPCG(0, 0)}
	return generateSwarm(s, s, s)
}

// byteSource has a byte for each draw, in the place of chance: of n things to
// choose from it takes one as large a part of the way through n as the byte is of
// 256. What is finer than that, and all when there are no more bytes, follows from
// nothing; it must not be the same each time, as a draw may be repeated until it
// is even-handed.
type byteSource struct {
	bytes []byte
	rest  *rand.PCG
}

func (s *byteSource) Uint64() uint64 {
	fine := s.rest.Uint64()
	if len(s.bytes) == 0 {
		return fine
	}
	b := s.bytes[0]
	s.bytes = s.bytes[1:]
	return uint64(b)<<56 | fine>>8
}

// TestDecodeSwarm: the first byte decides over the piece length, and every byte
// makes a swarm.
func TestDecodeSwarm(t *testing.T) {
	for b := range 256 {
		lengths := []Size{1000, 16 * KiB, 20_000, 32 * KiB, 50_001}
		s := decodeSwarm([]byte{byte(b), 7, 7, 7})
		if want := lengths[b*len(lengths)/256]; b*len(lengths)%256 < 256-len(lengths) && s.Torrent.Piece != want {
			t.Errorf("byte %d: the piece length is %v, want %v", b, s.Torrent.Piece, want)
		}
		if err := s.Validate(); err != nil {
			t.Errorf("byte %d: %v", b, err)
		}
	}
}
