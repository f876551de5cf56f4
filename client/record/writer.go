package record

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"net/netip"
	"reflect"
	"time"

	"bt/client/boundary"
)

// When what was recorded is handed on: in blocks large enough to be cheap, and
// not much after it has happened. What is not handed on yet is lost if the
// process is killed.
const (
	flushSize     = maxBlock / 2
	flushInterval = time.Second
)

// Writer records a run. It belongs to one goroutine at a time. Methods that write
// return the first error that there was, and do nothing after it.
type Writer struct {
	out    io.Writer
	err    error
	head   []byte // of the file, until it is written
	stream []byte // that is not yet in a block
	block  []byte // memory for one

	start   time.Time
	last    time.Time     // turn
	drift   time.Duration // of the wall clock since start, then
	flushed time.Time
	open    bool // a turn has begun, and is not settled
	inFull  bool // effects are recorded in words too
	sum     sum
}

// NewWriter begins a recording. Nothing is written before the first turn is
// settled.
func NewWriter(out io.Writer, h Header) *Writer {
	return &Writer{
		out: out, head: appendHead(nil), stream: appendValue(nil, reflect.ValueOf(&h).Elem()),
		inFull: h.Effects, start: h.Start, last: h.Start, flushed: h.Start, sum: newSum(),
	}
}

// Event takes an event that is about to be handled at the time now. Nothing of it
// is kept.
func (w *Writer) Event(now time.Time, e boundary.Event) {
	if w.err != nil {
		return
	}
	item, ok := items[reflect.TypeOf(e)]
	if !ok {
		panic(fmt.Sprintf("record: %T is not among the events", e))
	}
	if !w.open {
		w.open = true
		w.turn(now)
	}
	v := reflect.ValueOf(e)
	if v.Kind() == reflect.Pointer {
		v = v.Elem()
	}
	w.stream = appendValue(append(w.stream, item), v)
}

// turn notes the time. The core's is not that of the wall clock: it never goes
// back, and does not follow when the other is set.
func (w *Writer) turn(now time.Time) {
	drift := (now.Round(0).Sub(w.start.Round(0)) - now.Sub(w.start)).Truncate(time.Millisecond)
	w.stream = append(w.stream, itemTurn)
	w.stream = binary.AppendUvarint(w.stream, uint64(max(now.Sub(w.last), 0)))
	w.stream = binary.AppendVarint(w.stream, (drift - w.drift).Milliseconds())
	w.last, w.drift = now, drift
}

// Refused notes that the filter has refused an address while the last event was
// handled. For one address it is enough to say so once.
func (w *Writer) Refused(a netip.Addr) {
	if w.err == nil && w.open {
		w.stream = appendAddr(append(w.stream, itemRefused), a)
	}
}

// Settle ends a turn, if there was an event in it, with all effects that it has
// had, and the time at which the core wants to be woken.
func (w *Writer) Settle(out *boundary.Effects, deadline time.Time) error {
	if w.err != nil || !w.open {
		return w.err
	}
	w.open = false
	if w.inFull {
		w.stream = appendValue(append(w.stream, itemEffects), reflect.ValueOf(DescribeEffects(out)))
	}
	w.stream = binary.BigEndian.AppendUint32(append(w.stream, itemSettled), w.sum.add(out, w.start, deadline))
	if len(w.stream) >= flushSize || w.last.Sub(w.flushed) >= flushInterval {
		w.flushed = w.last
		return w.Flush()
	}
	return nil
}

// End says that the run has ended in order, and flushes.
func (w *Writer) End() error {
	if w.err == nil {
		w.stream = append(w.stream, itemEnd)
	}
	return w.Flush()
}

// Flush hands on all that there is, even in the middle of a turn.
func (w *Writer) Flush() error {
	for rest := w.stream; w.err == nil && len(rest) > 0; {
		n := min(len(rest), flushSize)
		w.writeBlock(rest[:n])
		rest = rest[n:]
	}
	if w.stream = w.stream[:0]; w.err != nil || cap(w.stream) > scratchMax {
		w.stream = nil
	}
	return w.err
}

// writeBlock writes a block in one call.
func (w *Writer) writeBlock(p []byte) {
	b := append(w.block[:0], w.head...)
	b = binary.BigEndian.AppendUint32(b, uint32(len(p)))
	b = binary.BigEndian.AppendUint32(b, crc32.Checksum(p, castagnoli))
	w.block, w.head = append(b, p...), nil
	_, w.err = w.out.Write(w.block)
}
