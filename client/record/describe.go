package record

import (
	"fmt"
	"reflect"
	"strings"

	"bt/client/boundary"
)

// Describe says in one line what an event, a notice or another effect is: its
// type, then what is in it.
func Describe(x any) string {
	switch x := x.(type) {
	case *boundary.Received:
		return describeReceived(x)
	case boundary.AddTorrent:
		return fmt.Sprintf("AddTorrent %d %q %v, %d files, %v, %d peers", x.ID, x.Meta.Info.Name, x.Meta.InfoHash, len(x.Meta.Info.Files), x.State, len(x.Peers))
	case boundary.Send:
		if x.Hello != nil {
			return fmt.Sprintf("Send to %d: handshake of %x", x.Conn, x.Hello.PeerID)
		}
		return fmt.Sprintf("Send to %d: %v", x.Conn, x.Msg)
	case boundary.BlockRead:
		return fmt.Sprintf("BlockRead {Torrent:%d Conn:%d Block:%v Err:%v}", x.Torrent, x.Conn, x.Block, x.Err)
	case boundary.WriteBlock:
		return fmt.Sprintf("WriteBlock {Torrent:%d Piece:%d Begin:%d} %d bytes", x.Torrent, x.Piece, x.Begin, len(x.Data))
	case boundary.Fetched:
		return fmt.Sprintf("Fetched {ID:%d Status:%d Err:%v} %q", x.ID, x.Status, x.Err, x.Body)
	case boundary.PacketIn:
		return fmt.Sprintf("PacketIn from %v: %x", x.From, x.Data)
	case boundary.Packet:
		return fmt.Sprintf("Packet to %v: %x", x.To, x.Data)
	}
	return fmt.Sprintf("%s %+v", reflect.TypeOf(x).Name(), x)
}

func describeReceived(r *boundary.Received) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Received on %d, %d bytes", r.Conn, r.Size)
	sep := ": "
	say := func(format string, args ...any) {
		b.WriteString(sep)
		fmt.Fprintf(&b, format, args...)
		sep = ", "
	}
	if r.Hello != nil {
		say("handshake of %x", r.Hello.PeerID)
	}
	for _, m := range r.Msgs {
		say("%v", m)
	}
	if r.Err != nil {
		say("%v", r.Err)
	}
	return b.String()
}

// DescribeEffects says what the effects are, one line each, kind by kind.
func DescribeEffects(out *boundary.Effects) (lines []string) {
	v := reflect.ValueOf(out).Elem()
	for i := range v.NumField() {
		for j := range v.Field(i).Len() {
			x := v.Field(i).Index(j)
			if x.Kind() == reflect.Uint32 { // a torrent, whose type does not say what is asked for
				lines = append(lines, fmt.Sprintf("%s %d", v.Type().Field(i).Name, x.Uint()))
				continue
			}
			lines = append(lines, Describe(x.Interface()))
		}
	}
	return lines
}
