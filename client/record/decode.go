package record

import (
	"errors"
	"fmt"
	"math"
	"net/netip"
	"reflect"
	"time"

	"bt/client/bitfield"
	"bt/client/boundary"
	"bt/client/metainfo"
	"bt/client/wire"
)

// value reads what appendValue has written into v, which can be set and is zero.
func (s *source) value(v reflect.Value) {
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(s.bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		n := s.varint()
		if v.OverflowInt(n) {
			s.damaged("%d is no %v", n, v.Type())
			return
		}
		v.SetInt(n)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		n := s.uvarint()
		if v.OverflowUint(n) {
			s.damaged("%d is no %v", n, v.Type())
			return
		}
		v.SetUint(n)
	case reflect.String:
		v.SetString(string(s.bytes(s.count(maxBytes, "bytes of a text"))))
	case reflect.Array:
		for i := range v.Len() {
			s.elem(v.Index(i))
		}
	case reflect.Slice:
		s.slice(v)
	case reflect.Pointer:
		s.pointer(v)
	case reflect.Interface:
		if v.Type() == errorType {
			if err := s.error(); err != nil {
				v.Set(reflect.ValueOf(err))
			}
		}
	case reflect.Struct:
		s.structure(v)
	}
}

func (s *source) elem(v reflect.Value) {
	if v.Kind() == reflect.Uint8 {
		v.SetUint(uint64(s.byte()))
		return
	}
	s.value(v)
}

// slice grows as its elements come: a number alone allocates nothing.
func (s *source) slice(v reflect.Value) {
	ofBytes := v.Type().Elem().Kind() == reflect.Uint8
	most := maxItems
	if ofBytes {
		most = maxBytes
	}
	n := s.count(most+1, "items")
	if n == 0 {
		return
	}
	if n--; ofBytes {
		v.SetBytes(s.bytes(n))
		return
	}
	v.Set(reflect.MakeSlice(v.Type(), 0, min(n, 64)))
	for i := range n {
		if s.err != nil {
			return
		}
		if i == v.Cap() {
			v.Grow(1)
		}
		v.SetLen(i + 1)
		s.value(v.Index(i))
	}
}

func (s *source) pointer(v reflect.Value) {
	if !s.bool() {
		return
	}
	if v.Type() == metaType {
		if m := s.meta(); m != nil {
			v.Set(reflect.ValueOf(m))
		}
		return
	}
	v.Set(reflect.New(v.Type().Elem()))
	s.value(v.Elem())
}

func (s *source) structure(v reflect.Value) {
	switch t := v.Type(); t {
	case messageType:
		s.message(v.Addr().Interface().(*wire.Message))
	case bitfieldType:
		*v.Addr().Interface().(*bitfield.Bitfield) = s.bits()
	case timeType:
		*v.Addr().Interface().(*time.Time) = s.time()
	case addrType:
		*v.Addr().Interface().(*netip.Addr) = s.addr()
	case addrPortType:
		addr := s.addr()
		*v.Addr().Interface().(*netip.AddrPort) = netip.AddrPortFrom(addr, uint16(s.count(65535, "is the port")))
	default:
		payload := payloadField(t)
		for i := range v.NumField() {
			switch f := v.Field(i); {
			case i == payload:
				if n := s.count(maxPayload+1, "bytes of payload"); n > 0 {
					f.SetBytes(block(n - 1))
				}
			case !given(f.Type()):
				s.value(f)
			}
		}
	}
}

// zeros stand for all blocks that were not recorded: nobody writes to them.
var zeros [maxPayload]byte

func block(n int) []byte { return zeros[:n:n] }

func (s *source) message(m *wire.Message) {
	m.Kind = wire.Kind(s.byte())
	has := s.byte()
	if has&hasSub != 0 {
		m.Sub = s.byte()
	}
	if has&hasIndex != 0 {
		m.Index = s.uint32()
	}
	if has&hasBegin != 0 {
		m.Begin = s.uint32()
	}
	switch {
	case has&hasBlockSize != 0:
		m.Length = wire.BlockSize
	case has&hasLength != 0:
		m.Length = s.uint32()
	}
	switch {
	case has&hasData == 0:
	case m.Kind != wire.Piece:
		m.Data = s.bytes(s.count(maxBytes, "bytes of a message"))
	case m.Length > maxPayload:
		s.damaged("block of %d bytes", m.Length)
	default:
		m.Data = block(int(m.Length))
	}
}

func (s *source) bits() bitfield.Bitfield {
	n := s.count(maxBits, "bits")
	f, err := bitfield.FromWire(s.bytes((n+7)/8), n)
	if err != nil {
		s.damaged("%v", err)
	}
	return f
}

func (s *source) time() time.Time {
	seconds := s.varint()
	return time.Unix(seconds, int64(s.count(int(time.Second)-1, "nanoseconds"))).UTC()
}

// maxAddr leaves room for the zone of an IPv6 address, the name of an interface.
const maxAddr = 16 + 255

func (s *source) addr() (a netip.Addr) {
	if err := a.UnmarshalBinary(s.bytes(s.count(maxAddr, "bytes of an address"))); err != nil {
		s.damaged("%v", err)
	}
	return a
}

func (s *source) meta() *metainfo.MetaInfo {
	file := append([]byte("d4:info"), s.bytes(s.count(maxBytes, "bytes of a torrent"))...)
	var trackers [][]string
	s.value(reflect.ValueOf(&trackers).Elem())
	if s.err != nil {
		return nil
	}
	m, err := metainfo.Parse(append(file, 'e'))
	if err != nil {
		s.damaged("torrent: %v", err)
		return nil
	}
	m.Trackers = trackers
	return m
}

func (s *source) error() error {
	switch kind := s.byte(); kind {
	case noError:
		return nil
	case someError:
		return s.text()
	case diskError:
		fault := boundary.DiskFault(s.byte())
		return &boundary.DiskError{Fault: fault, Err: s.text()}
	default:
		s.damaged("error of kind %d", kind)
		return nil
	}
}

func (s *source) text() error {
	return errors.New(string(s.bytes(s.count(maxBytes, "bytes of an error"))))
}

// count reads a number that is at most so large.
func (s *source) count(most int, what string) int {
	n := s.uvarint()
	if n > uint64(most) {
		s.damaged("%d %s", n, what)
		return 0
	}
	return int(n)
}

func (s *source) uint32() uint32 {
	n := s.uvarint()
	if n > math.MaxUint32 {
		s.damaged("%d in a message", n)
	}
	return uint32(n)
}

func (s *source) bool() bool {
	c := s.byte()
	if c > 1 {
		s.damaged("neither yes nor no")
	}
	return c == 1
}

func (s *source) damaged(format string, args ...any) {
	s.fail(fmt.Errorf("%w: %s", ErrDamaged, fmt.Sprintf(format, args...)))
}
