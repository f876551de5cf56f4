package scenarios

import "bt/client/wire"

// corpse greets, and never says a word again.
type corpse struct{ oldGreeter }

func (*corpse) opened(*hostileConn)        {}
func (*corpse) heard(*hostileConn, *frame) {}

// lurker has nothing, wants nothing, and stays.
type lurker struct{ greeter }

func (*lurker) opened(c *hostileConn) {
	c.claimNothing()
	c.every(idleKeepAlive, func() { c.say(wire.KeepAlive) })
}

func (*lurker) heard(*hostileConn, *frame) {}
