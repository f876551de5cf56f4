//go:build plant

package scenarios

import (
	"encoding/binary"
	"slices"

	"bt/client"
	"bt/client/boundary"
)

var (
	udpPair = Scenario{
		Name: "pair-udp", Until: 3 * Minute, Torrent: Torrent{Piece: 64 * KiB, Size: 2 * MiB}, Trackers: []Tracker{{UDP: true, Interval: 30 * Second}},
		Actors: pair(),
		Expect: []Expectation{{Check: "complete", Who: theLeech}, {Check: "tier", Of: theTracker, After: 2*Minute + 10*Second, Reason: "working"}},
	}
	privateUDP = Scenario{
		Name: "private-udp", Until: Minute, Torrent: Torrent{Piece: 64 * KiB, Size: 2 * MiB, Private: true}, Trackers: []Tracker{{UDP: true}},
		Actors: pair(),
		Expect: completes,
	}
)

// onPackets plants a bug in all datagrams that a client sends to trackers: change
// gets each that asks for an action, and returns what is sent in its place.
func onPackets(action uint32, change func(p []byte) [][]byte) func(*client.Client) plant {
	return func(*client.Client) plant {
		return plant{effects: func(_ boundary.Event, out *boundary.Effects) {
			var list []boundary.Packet
			for _, p := range out.Packets {
				if len(p.Data) < 16 || binary.BigEndian.Uint32(p.Data[8:]) != action {
					list = append(list, p)
					continue
				}
				for _, data := range change(slices.Clone(p.Data)) {
					list = append(list, boundary.Packet{To: p.To, Data: data})
				}
			}
			out.Packets = list
		}}
	}
}

// withField overwrites a number of four bytes.
func withField(action uint32, offset int, from, to uint32) func(*client.Client) plant {
	return onPackets(action, func(p []byte) [][]byte {
		if binary.BigEndian.Uint32(p[offset:]) == from {
			binary.BigEndian.PutUint32(p[offset:], to)
		}
		return [][]byte{p}
	})
}

// Offsets in an announce (BEP 15), and the numbers of its events.
const (
	lowestOfLeftAt, eventAt, keyAt        = 71, 80, 88
	noEvent, completedEvent, startedEvent = 0, 1, 2
	stoppedEvent                          = 3
)

// changesKeyUDP adds one to the key with each announce.
func changesKeyUDP(c *client.Client) plant {
	n := uint32(0)
	return onPackets(actionAnnounce, func(p []byte) [][]byte {
		n++
		binary.BigEndian.PutUint32(p[keyAt:], binary.BigEndian.Uint32(p[keyAt:])+n)
		return [][]byte{p}
	})(c)
}

// miscountsUDP has one byte more left than there is.
func miscountsUDP(c *client.Client) plant {
	return onPackets(actionAnnounce, func(p []byte) [][]byte {
		p[lowestOfLeftAt]++
		return [][]byte{p}
	})(c)
}

// repeatsUDP sends each announce twice, the second time by another transaction id.
func repeatsUDP(c *client.Client) plant {
	return onPackets(actionAnnounce, func(p []byte) [][]byte {
		again := slices.Clone(p)
		again[12] ^= 0xff
		return [][]byte{p, again}
	})(c)
}

// echoesUDP sends each announce twice, byte by byte.
func echoesUDP(c *client.Client) plant {
	return onPackets(actionAnnounce, func(p []byte) [][]byte { return [][]byte{p, p} })(c)
}

// keepsConnection uses the first connection id for ever.
func keepsConnection(c *client.Client) plant {
	var first []byte
	return onPackets(actionAnnounce, func(p []byte) [][]byte {
		if first == nil {
			first = slices.Clone(p[:8])
		}
		copy(p, first)
		return [][]byte{p}
	})(c)
}

// guessesConnection makes a connection id up.
func guessesConnection(c *client.Client) plant {
	return onPackets(actionAnnounce, func(p []byte) [][]byte {
		p[0] ^= 1
		return [][]byte{p}
	})(c)
}
