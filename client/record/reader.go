package record

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"reflect"
	"time"

	"bt/client/boundary"
)

// ErrVersion says that a file is a recording, but of a program whose events are
// others.
var ErrVersion = errors.New("recorded by another version of bt")

// ErrNoRecording says that a file is none.
var ErrNoRecording = errors.New("no recording")

// Turn is what was handled together.
type Turn struct {
	Number int // from 1
	// Now is the core's time: differences between turns are those that the core
	// has seen. Wall is what a clock on the wall has shown then, to the millisecond.
	Now, Wall time.Time
	Steps     []Step
	// Effects are those that it had, in words, if Header.Effects.
	Effects []string
	// Whole says that the turn was settled. The last one of a program that has
	// crashed may not be.
	Whole bool

	sum uint32
}

// Step is one event of a turn.
type Step struct {
	Event boundary.Event
	// Refused are the addresses that the filter has refused meanwhile.
	Refused []netip.Addr
}

// Reader reads a recording, turn by turn.
type Reader struct {
	src    source
	header Header
	turn   Turn // the last one
	ended  bool
}

// NewReader begins to read. An error is ErrNoRecording, ErrVersion, ErrCut,
// ErrDamaged or that of in.
func NewReader(in io.Reader) (*Reader, error) {
	var head [headLen]byte
	if _, err := io.ReadFull(in, head[:]); errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, fmt.Errorf("%w: it is too short", ErrNoRecording)
	} else if err != nil {
		return nil, err
	}
	if string(head[:len(magic)]) != magic {
		return nil, fmt.Errorf("%w: it does not begin as one", ErrNoRecording)
	}
	v, made := binary.BigEndian.Uint32(head[len(magic):]), binary.BigEndian.Uint64(head[len(magic)+4:])
	if v != version || made != schema {
		return nil, fmt.Errorf("%w: format %d of %016x, want %d of %016x", ErrVersion, v, made, version, schema)
	}
	r := &Reader{src: source{in: in}}
	r.src.value(reflect.ValueOf(&r.header).Elem())
	r.turn = Turn{Now: r.header.Start, Wall: r.header.Start}
	return r, r.src.err
}

// Header returns what the run began with.
func (r *Reader) Header() Header { return r.header }

// Next returns the next turn. io.EOF says that the run has ended in order; any
// other error is ErrCut, ErrDamaged or that of the file. A turn that is not
// whole is the last one: an error follows it.
func (r *Reader) Next() (Turn, error) {
	if r.ended {
		return Turn{}, io.EOF
	}
	s := &r.src
	switch item := s.byte(); {
	case s.err != nil:
		return Turn{}, s.err
	case item == itemEnd:
		r.ended = true
		return Turn{}, io.EOF
	case item != itemTurn:
		s.damaged("item %d in the place of a turn", item)
		return Turn{}, s.err
	}
	passed, drifted := time.Duration(s.uvarint()), time.Duration(s.varint())*time.Millisecond
	if passed < 0 {
		s.damaged("time goes back")
	}
	drift := r.turn.Wall.Sub(r.turn.Now) + drifted
	now := r.turn.Now.Add(passed)
	r.turn = Turn{Number: r.turn.Number + 1, Now: now, Wall: now.Add(drift)}
	r.steps()
	if len(r.turn.Steps) == 0 && s.err != nil {
		return Turn{}, s.err
	}
	return r.turn, nil
}

// steps reads the events of a turn, as far as they are there.
func (r *Reader) steps() {
	s, t := &r.src, &r.turn
	for {
		item := s.byte()
		switch {
		case s.err != nil:
			return
		case item == itemSettled:
			for range 4 {
				t.sum = t.sum<<8 | uint32(s.byte())
			}
			t.Whole = s.err == nil
			return
		case item == itemEffects:
			s.value(reflect.ValueOf(&t.Effects).Elem())
		case item == itemRefused && len(t.Steps) > 0:
			if a := s.addr(); s.err == nil {
				last := &t.Steps[len(t.Steps)-1]
				last.Refused = append(last.Refused, a)
			}
		case item >= itemEvent && int(item-itemEvent) < len(kinds):
			if e := s.event(kinds[item-itemEvent]); s.err == nil {
				t.Steps = append(t.Steps, Step{Event: e})
			}
		default:
			s.damaged("item %d within a turn", item)
			return
		}
	}
}

// event reads an event like e.
func (s *source) event(e boundary.Event) boundary.Event {
	t := reflect.TypeOf(e)
	if t.Kind() == reflect.Pointer {
		v := reflect.New(t.Elem())
		s.value(v.Elem())
		return v.Interface().(boundary.Event)
	}
	v := reflect.New(t).Elem()
	s.value(v)
	return v.Interface().(boundary.Event)
}
