package pcap

import (
	"encoding/binary"
	"io"
	"strings"
	"time"

	"github.com/gopacket/gopacket/layers"
)

// file writes the blocks of a pcapng file, as draft-ietf-opsawg-pcapng has them,
// in little-endian order. Package pcapgo would do it too, but comes with captures
// of real interfaces, and what these need is no part of this module.
type file struct {
	w          io.Writer
	interfaces int
	block      []byte // the one that is being made
	err        error  // the first one; nothing is written after it
}

// Types of blocks.
const (
	blockSection   = 0x0A0D0D0A
	blockInterface = 1
	blockPacket    = 6 // "Enhanced Packet Block"
)

// Codes of options. The first two are for every block.
const (
	optEnd     = 0
	optComment = 1

	optSectionProgram = 4 // shb_userappl

	optInterfaceName        = 2 // if_name
	optInterfaceDescription = 3 // if_description
	optInterfaceResolution  = 9 // if_tsresol

	optPacketFlags = 2 // epb_flags
)

const (
	byteOrderMagic = 0x1A2B3C4D

	// nanoseconds is the resolution of time stamps, as a negative power of ten.
	nanoseconds = 9

	// optionMax is the length of the longest option that its length field can tell.
	optionMax = 1<<16 - 1
)

// direction is what epb_flags says in its lowest bits.
type direction uint32

const (
	inbound  direction = 1
	outbound direction = 2
)

// section begins the file.
func (f *file) section(program, comment string) {
	f.begin(blockSection)
	f.uint32(byteOrderMagic)
	f.uint16(1, 0)                   // version
	f.uint32(0xFFFFFFFF, 0xFFFFFFFF) // its length: -1, which is not specified
	f.text(optComment, comment)
	f.text(optSectionProgram, program)
	f.end()
}

// addInterface adds an interface and returns its number.
func (f *file) addInterface(name, description string, link layers.LinkType) int {
	f.begin(blockInterface)
	f.uint16(uint16(link), 0)
	f.uint32(0) // no limit to how much of a packet is captured
	f.text(optInterfaceName, name)
	f.text(optInterfaceDescription, description)
	f.option(optInterfaceResolution, []byte{nanoseconds})
	f.end()
	f.interfaces++
	return f.interfaces - 1
}

// packet writes a packet that has passed an interface.
func (f *file) packet(id int, at time.Time, d direction, comment string, data []byte) {
	f.begin(blockPacket)
	ts := uint64(at.UnixNano())
	f.uint32(uint32(id), uint32(ts>>32), uint32(ts), uint32(len(data)), uint32(len(data)))
	f.padded(data)
	f.text(optComment, comment)
	f.option(optPacketFlags, binary.LittleEndian.AppendUint32(nil, uint32(d)))
	f.end()
}

// begin begins a block. Its length comes when it ends.
func (f *file) begin(kind uint32) {
	f.block = f.block[:0]
	f.uint32(kind, 0)
}

// end ends the options, of which each block has some, and writes the block.
func (f *file) end() {
	f.uint16(optEnd, 0)
	// The length stands at both ends, so that a file can be read backwards.
	length := uint32(len(f.block) + 4)
	f.uint32(length)
	binary.LittleEndian.PutUint32(f.block[4:], length)
	if f.err == nil {
		_, f.err = f.w.Write(f.block)
	}
}

// text adds an option unless it is empty. What does not fit is cut off.
func (f *file) text(code uint16, s string) {
	if s == "" {
		return
	}
	f.option(code, []byte(cut(s, optionMax)))
}

// cut makes of s valid UTF-8, as texts in options are, of at most so many bytes.
func cut(s string, most int) string {
	return strings.ToValidUTF8(s[:min(len(s), most)], "")
}

func (f *file) option(code uint16, value []byte) {
	f.uint16(code, uint16(len(value)))
	f.padded(value)
}

// padded adds bytes, and fills up the last word of 32 bits.
func (f *file) padded(p []byte) {
	f.block = append(f.block, p...)
	for len(f.block)%4 != 0 {
		f.block = append(f.block, 0)
	}
}

func (f *file) uint16(values ...uint16) {
	for _, v := range values {
		f.block = binary.LittleEndian.AppendUint16(f.block, v)
	}
}

func (f *file) uint32(values ...uint32) {
	for _, v := range values {
		f.block = binary.LittleEndian.AppendUint32(f.block, v)
	}
}
