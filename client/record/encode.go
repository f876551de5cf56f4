package record

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"
	"reflect"
	"time"

	"bt/client/bitfield"
	"bt/client/boundary"
	"bt/client/metainfo"
	"bt/client/wire"
)

// appendValue appends a value, field by field. So a new field of an event is
// recorded without a line of code, and none can be forgotten.
func appendValue(b []byte, v reflect.Value) []byte {
	switch v.Kind() {
	case reflect.Bool:
		return appendBool(b, v.Bool())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return binary.AppendVarint(b, v.Int())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return binary.AppendUvarint(b, v.Uint())
	case reflect.String:
		return append(binary.AppendUvarint(b, uint64(v.Len())), v.String()...)
	case reflect.Array:
		for i := range v.Len() {
			b = appendElem(b, v.Index(i))
		}
		return b
	case reflect.Slice:
		return appendSlice(b, v)
	case reflect.Pointer:
		return appendPointer(b, v)
	case reflect.Interface:
		return appendInterface(b, v)
	case reflect.Struct:
		return appendStruct(b, v)
	}
	// Nothing that is read again: appendType sees to that.
	return fmt.Append(b, v)
}

// appendElem appends an element of an array or a slice: bytes as they are.
func appendElem(b []byte, v reflect.Value) []byte {
	if v.Kind() == reflect.Uint8 {
		return append(b, byte(v.Uint()))
	}
	return appendValue(b, v)
}

// appendSlice tells nil from empty: to some commands nil means all.
func appendSlice(b []byte, v reflect.Value) []byte {
	if v.IsNil() {
		return append(b, 0)
	}
	b = binary.AppendUvarint(b, uint64(v.Len())+1)
	if v.Type().Elem().Kind() == reflect.Uint8 {
		return append(b, v.Bytes()...)
	}
	for i := range v.Len() {
		b = appendValue(b, v.Index(i))
	}
	return b
}

func appendPointer(b []byte, v reflect.Value) []byte {
	b = appendBool(b, !v.IsNil())
	if v.IsNil() {
		return b
	}
	if v.Type() == metaType {
		return appendMeta(b, v.Interface().(*metainfo.MetaInfo))
	}
	return appendValue(b, v.Elem())
}

func appendInterface(b []byte, v reflect.Value) []byte {
	switch {
	case given(v.Type()):
		return b
	case v.Type() == errorType:
		err, _ := v.Interface().(error)
		return appendError(b, err)
	case v.IsNil():
		return append(b, 0)
	}
	// News, which are never read again: their name tells them apart.
	b = append(b, v.Elem().Type().Name()...)
	return appendValue(b, v.Elem())
}

func appendStruct(b []byte, v reflect.Value) []byte {
	switch t := v.Type(); t {
	case messageType:
		return appendMessage(b, valueOf[wire.Message](v))
	case bitfieldType:
		f := valueOf[bitfield.Bitfield](v)
		return append(binary.AppendUvarint(b, uint64(f.Len())), f.Bytes()...)
	case timeType:
		at := valueOf[time.Time](v)
		return binary.AppendUvarint(binary.AppendVarint(b, at.Unix()), uint64(at.Nanosecond()))
	case addrType:
		return appendAddr(b, *valueOf[netip.Addr](v))
	case addrPortType:
		a := valueOf[netip.AddrPort](v)
		return binary.AppendUvarint(appendAddr(b, a.Addr()), uint64(a.Port()))
	default:
		payload := payloadField(t)
		for i := range v.NumField() {
			switch f := v.Field(i); {
			case i == payload:
				b = appendPayload(b, f.Len(), f.IsNil())
			case f.Kind() != reflect.Func:
				b = appendValue(b, f)
			}
		}
		return b
	}
}

// valueOf returns a pointer to what v is, without a copy where there need be none.
func valueOf[T any](v reflect.Value) *T {
	if v.CanAddr() {
		return v.Addr().Interface().(*T)
	}
	x := v.Interface().(T)
	return &x
}

// appendPayload appends the length of a block, and not its bytes.
func appendPayload(b []byte, n int, none bool) []byte {
	if none {
		return append(b, 0)
	}
	return binary.AppendUvarint(b, uint64(n)+1)
}

// Which fields of a message follow, so that each kind costs what it has.
const (
	hasSub byte = 1 << iota
	hasIndex
	hasBegin
	hasLength
	hasBlockSize // and no length: it is that of nearly all blocks
	hasData
)

func appendMessage(b []byte, m *wire.Message) []byte {
	var has byte
	set := func(bit byte, ok bool) {
		if ok {
			has |= bit
		}
	}
	set(hasSub, m.Sub != 0)
	set(hasIndex, m.Index != 0)
	set(hasBegin, m.Begin != 0)
	set(hasBlockSize, m.Length == wire.BlockSize)
	set(hasLength, m.Length != 0 && m.Length != wire.BlockSize)
	set(hasData, m.Data != nil)
	b = append(b, byte(m.Kind), has)
	if has&hasSub != 0 {
		b = append(b, m.Sub)
	}
	if has&hasIndex != 0 {
		b = binary.AppendUvarint(b, uint64(m.Index))
	}
	if has&hasBegin != 0 {
		b = binary.AppendUvarint(b, uint64(m.Begin))
	}
	if has&hasLength != 0 {
		b = binary.AppendUvarint(b, uint64(m.Length))
	}
	if has&hasData == 0 || m.Kind == wire.Piece { // a block has Length bytes
		return b
	}
	return append(binary.AppendUvarint(b, uint64(len(m.Data))), m.Data...)
}

func appendAddr(b []byte, a netip.Addr) []byte {
	raw, err := a.MarshalBinary()
	if err != nil {
		panic("record: " + err.Error())
	}
	return append(binary.AppendUvarint(b, uint64(len(raw))), raw...)
}

// appendMeta appends what the core knows of a torrent: not what people have
// remarked about it.
func appendMeta(b []byte, m *metainfo.MetaInfo) []byte {
	b = append(binary.AppendUvarint(b, uint64(len(m.InfoBytes))), m.InfoBytes...)
	return appendValue(b, reflect.ValueOf(m.Trackers))
}

// What an error is to the core: its words, and of those of disks one word more.
const (
	noError   = 0
	someError = 1
	diskError = 2
)

func appendError(b []byte, err error) []byte {
	if err == nil {
		return append(b, noError)
	}
	if disk, ok := errors.AsType[*boundary.DiskError](err); ok {
		b = append(b, diskError, byte(disk.Fault))
	} else {
		b = append(b, someError)
	}
	text := err.Error()
	return append(binary.AppendUvarint(b, uint64(len(text))), text...)
}

func appendBool(b []byte, v bool) []byte {
	if v {
		return append(b, 1)
	}
	return append(b, 0)
}
