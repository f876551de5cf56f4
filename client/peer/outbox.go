package peer

// outbox remembers the sizes of the messages that wait to leave, so that
// payload counts as uploaded when it has left and not when it was queued.
type outbox struct {
	frames []frame // oldest first, from head on
	head   int
	bytes  int
	talk   int // of them, those that carry no block
}

// frame is a run of bytes; payload is counted when the last of them has left.
type frame struct{ size, payload int }

func (o *outbox) push(size, payload int, block bool) {
	o.bytes += size
	if !block {
		payload = 0
		o.talk += size
		// Messages without payload need no frame of their own.
		if n := len(o.frames); n > o.head && o.frames[n-1].payload == 0 {
			o.frames[n-1].size += size
			return
		}
	}
	o.frames = append(o.frames, frame{size, payload})
}

// pop takes n bytes off the front and returns the payload completed by them.
// Bytes beyond what was pushed (the handshake, sent before the conversation
// began) count for nothing.
func (o *outbox) pop(n int) (payload int) {
	for n > 0 && o.head < len(o.frames) {
		f := &o.frames[o.head]
		if n < f.size {
			o.left(f, n)
			return payload
		}
		n -= f.size
		o.left(f, f.size)
		payload += f.payload
		o.head++
	}
	if o.head == len(o.frames) {
		o.frames, o.head = o.frames[:0], 0
	} else if o.head > 64 && o.head*2 > len(o.frames) {
		o.frames = o.frames[:copy(o.frames, o.frames[o.head:])]
		o.head = 0
	}
	return payload
}

// left takes n bytes off a frame.
func (o *outbox) left(f *frame, n int) {
	f.size -= n
	o.bytes -= n
	if f.payload == 0 {
		o.talk -= n
	}
}
