package scenarios

import "time"

// mute accepts connections and says nothing, not even a handshake.
type mute struct{}

func (mute) hello() greeting            { return noHello }
func (mute) opened(*hostileConn)        {}
func (mute) heard(*hostileConn, *frame) {}

// garbage greets, and then sends bytes that mean nothing.
type garbage struct{ greeter }

const (
	garbageEvery = 100 * time.Millisecond
	garbageBytes = 1000
)

func (*garbage) opened(c *hostileConn) {
	c.every(garbageEvery, func() {
		p := make([]byte, garbageBytes)
		for i := range p {
			p[i] = byte(c.rng.Uint32())
		}
		c.stream.Send(p)
	})
}

func (*garbage) heard(*hostileConn, *frame) {}
