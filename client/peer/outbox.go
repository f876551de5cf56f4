package peer

// outbox remembers the sizes of the messages that wait to leave, so that
// payload counts as uploaded when it has left and not when it was queued. Talk is
// messages that carry no block: nobody asks when which of them has left, so that
// they need no frame of their own.
type outbox struct {
	last   int     // bytes of talk behind the last block
	inner  int     // and of that in front of blocks
	blocks int     // bytes of messages with a block
	frames []frame // of those, oldest first, from head on
	head   int
}

// frame is a message with a block, and the talk in front of it. Its payload is
// counted when its last byte has left.
type frame struct{ talk, size, payload int }

// talk is the number of bytes that carry no block.
func (o *outbox) talk() int { return o.inner + o.last }

// bytes is the number of all bytes.
func (o *outbox) bytes() int { return o.inner + o.last + o.blocks }

func (o *outbox) push(size, payload int, block bool) {
	if !block {
		o.last += size
		return
	}
	o.frames = append(o.frames, frame{o.last, size, payload})
	o.blocks += size
	o.inner, o.last = o.inner+o.last, 0
}

// pop takes n bytes off the front and returns the payload completed by them.
// Bytes beyond what was pushed (the handshake, sent before the conversation
// began) count for nothing.
func (o *outbox) pop(n int) (payload int) {
	for n > 0 && o.head < len(o.frames) {
		f := &o.frames[o.head]
		talk := min(n, f.talk)
		size := min(n-talk, f.size)
		n -= talk + size
		f.talk, o.inner = f.talk-talk, o.inner-talk
		f.size, o.blocks = f.size-size, o.blocks-size
		if f.size > 0 {
			return payload
		}
		payload += f.payload
		o.head++
	}
	o.last -= min(n, o.last)
	if o.head == len(o.frames) {
		o.frames, o.head = o.frames[:0], 0
	} else if o.head > 64 && o.head*2 > len(o.frames) {
		o.frames = o.frames[:copy(o.frames, o.frames[o.head:])]
		o.head = 0
	}
	return payload
}
