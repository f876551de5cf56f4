package wire

import "fmt"

var kindNames = [...]string{
	Choke:         "choke",
	Unchoke:       "unchoke",
	Interested:    "interested",
	NotInterested: "not interested",
	Have:          "have",
	Bitfield:      "bitfield",
	Request:       "request",
	Piece:         "piece",
	Cancel:        "cancel",
	Port:          "port",
	Suggest:       "suggest",
	HaveAll:       "have all",
	HaveNone:      "have none",
	Reject:        "reject",
	AllowedFast:   "allowed fast",
	Extended:      "extended",
}

// String returns the name the BEPs use, in lower case.
func (k Kind) String() string {
	switch {
	case k == KeepAlive:
		return "keep-alive"
	case shapeOf(k).known:
		return kindNames[k]
	}
	return fmt.Sprintf("message %d", uint8(k))
}

// String names the message and its fields, for logs and tests. Of a payload it
// tells the size only.
func (m Message) String() string {
	switch m.Kind {
	case Have, Suggest, AllowedFast:
		return fmt.Sprintf("%v %d", m.Kind, m.Index)
	case Request, Piece, Cancel, Reject:
		return fmt.Sprintf("%v %v", m.Kind, m.Block())
	case Port:
		return fmt.Sprintf("%v %d", m.Kind, m.Length)
	case Bitfield:
		return fmt.Sprintf("%v of %d bytes", m.Kind, len(m.Data))
	case Extended:
		return fmt.Sprintf("%v %d of %d bytes", m.Kind, m.Sub, len(m.Data))
	}
	return m.Kind.String()
}

// String says what lengths the shape allows.
func (s shape) String() string {
	if s.payloadMax == 0 {
		return fmt.Sprint(s.fields)
	}
	return fmt.Sprintf("%d to %d", s.fields, s.fields+s.payloadMax)
}
