package record

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"hash/fnv"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"time"

	"bt/client/bitfield"
	"bt/client/boundary"
	"bt/client/metainfo"
	"bt/client/wire"
)

// kinds are all events there are, each at the place that stands for it in a
// recording: new ones come last.
var kinds = []boundary.Event{
	(*boundary.Received)(nil), boundary.Sent{}, boundary.Opened{}, boundary.Closed{}, boundary.Tick{},
	boundary.BlockRead{}, boundary.BlocksWritten{}, boundary.PieceChecked{},
	boundary.FilesOpened{}, boundary.FilesSynced{}, boundary.FilesClosed{}, boundary.FilesMoved{}, boundary.FilesLooked{},
	boundary.DiskProbed{}, boundary.ReadsPaused{}, boundary.Relocated{},
	boundary.Fetched{}, boundary.PacketIn{}, boundary.PacketFailed{}, boundary.Resolved{},
	boundary.AddTorrent{}, boundary.RemoveTorrent{}, boundary.MoveTorrent{}, boundary.SetState{}, boundary.SetPriorities{},
	boundary.SetLimits{}, boundary.SetSlots{}, boundary.AddPeers{}, boundary.Hashcheck{}, boundary.Refilter{}, boundary.Shutdown{},
	boundary.ReadsSpent{},
}

// items says which byte begins an event of a type.
var items = func() map[reflect.Type]byte {
	m := make(map[reflect.Type]byte, len(kinds))
	for i, e := range kinds {
		m[reflect.TypeOf(e)] = byte(itemEvent + i)
	}
	return m
}()

// The types that are not written field by field.
var (
	messageType  = reflect.TypeFor[wire.Message]()
	bitfieldType = reflect.TypeFor[bitfield.Bitfield]()
	timeType     = reflect.TypeFor[time.Time]()
	addrType     = reflect.TypeFor[netip.Addr]()
	addrPortType = reflect.TypeFor[netip.AddrPort]()
	metaType     = reflect.TypeFor[*metainfo.MetaInfo]()
	errorType    = reflect.TypeFor[error]()
	noticeType   = reflect.TypeFor[boundary.Notice]()
	randType     = reflect.TypeFor[rand.Source]()
)

// The fields that hold payload.
var (
	blockReadType  = reflect.TypeFor[boundary.BlockRead]()
	writeBlockType = reflect.TypeFor[boundary.WriteBlock]()
	blockReadData  = fieldIndex(blockReadType, "Data")
	writeBlockData = fieldIndex(writeBlockType, "Data")
)

func fieldIndex(t reflect.Type, name string) int {
	f, ok := t.FieldByName(name)
	if !ok {
		panic(fmt.Sprintf("record: %v has no %s", t, name))
	}
	return f.Index[0]
}

// payloadField is the index of the field of t that holds payload, or -1.
func payloadField(t reflect.Type) int {
	switch t {
	case blockReadType:
		return blockReadData
	case writeBlockType:
		return writeBlockData
	}
	return -1
}

// given says that values of a type are not recorded: the configuration of a
// session has a source of randomness and a filter, which Header and the item
// "refused" stand for.
func given(t reflect.Type) bool { return t == randType || t.Kind() == reflect.Func }

// schema is a checksum over the types of what is recorded. A program whose events
// have other fields reads another one, and knows that it cannot read the rest.
var schema = func() uint64 {
	h := fnv.New64a()
	for _, e := range append([]any{Header{}, boundary.Effects{}}, anys(kinds)...) {
		h.Write(appendType(nil, reflect.TypeOf(e)))
	}
	return h.Sum64()
}()

func anys(events []boundary.Event) (all []any) {
	for _, e := range events {
		all = append(all, e)
	}
	return all
}

// appendType describes a type. It panics on one that cannot be recorded.
func appendType(b []byte, t reflect.Type) []byte {
	b = append(b, t.String()...)
	switch t {
	case messageType, bitfieldType, timeType, addrType, addrPortType, metaType, errorType, noticeType:
		return b
	}
	switch t.Kind() {
	case reflect.Bool, reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.String:
	case reflect.Array, reflect.Slice, reflect.Pointer:
		b = appendType(append(b, ' '), t.Elem())
	case reflect.Struct:
		for i := range t.NumField() {
			f := t.Field(i)
			if given(f.Type) {
				continue
			}
			if !f.IsExported() {
				panic(fmt.Sprintf("record: %v has a field %s, which is not exported", t, f.Name))
			}
			b = append(append(b, ','), f.Name...)
			b = appendType(append(b, ' '), f.Type)
		}
	default:
		panic(fmt.Sprintf("record: values of type %v cannot be recorded", t))
	}
	return append(b, ';')
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// appendHead appends what a file begins with.
func appendHead(b []byte) []byte {
	b = append(b, magic...)
	b = binary.BigEndian.AppendUint32(b, version)
	return binary.BigEndian.AppendUint64(b, schema)
}
