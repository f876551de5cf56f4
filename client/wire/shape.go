package wire

// Limits of what we accept, in bytes. They are checked against the length
// prefix, before anything is allocated for the message.
const (
	// MaxBitfield is the largest bitfield: 2 Mi pieces. With 16 MiB pieces
	// that is a torrent of 32 TiB, beyond anything in use, and it caps what a
	// peer can make us hold before the torrent compares lengths.
	MaxBitfield = 256 << 10
	// MaxExtended is the largest payload of an extended message. The largest
	// that BEPs define is a metadata piece (BEP 9): 16 KiB and a small
	// dictionary; eight times that leaves room for extensions unknown to us.
	MaxExtended = 128 << 10
	// maxFrame is the largest message of any id. Unknown messages up to it are
	// skipped; above it the length prefix is noise or an attack, and skipping
	// would only keep a useless connection open.
	maxFrame = idLen + MaxBitfield
)

const (
	// BEP 3: "All later integers sent in the protocol are encoded as four
	// bytes big-endian."
	prefixLen = 4
	idLen     = 1
	maxFields = 12 // Request, Cancel and Reject have the longest fixed part
)

// A shape is the layout of a message after its id: fixed fields, then up to
// payloadMax bytes of payload. A message without payload has one exact length.
type shape struct {
	known      bool
	fields     int
	payloadMax int
}

var shapes = [...]shape{
	Choke:         {known: true},
	Unchoke:       {known: true},
	Interested:    {known: true},
	NotInterested: {known: true},
	Have:          {known: true, fields: 4},
	Bitfield:      {known: true, payloadMax: MaxBitfield},
	Request:       {known: true, fields: 12},
	Piece:         {known: true, fields: 8, payloadMax: BlockSize},
	Cancel:        {known: true, fields: 12},
	Port:          {known: true, fields: 2},
	Suggest:       {known: true, fields: 4},
	HaveAll:       {known: true},
	HaveNone:      {known: true},
	Reject:        {known: true, fields: 12},
	AllowedFast:   {known: true, fields: 4},
	Extended:      {known: true, fields: 1, payloadMax: MaxExtended},
}

// shapeOf returns the layout of messages with this id; the zero shape when the
// id is not known. KeepAlive has no id: 255 on the wire is an unknown message.
func shapeOf(id Kind) shape {
	if int(id) < len(shapes) {
		return shapes[id]
	}
	return shape{}
}
