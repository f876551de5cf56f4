package pcap

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
)

// file is a pcapng file under way. Package pcapgo forms its blocks; what is here
// keeps the first error, and texts to what the format can hold. Nothing is told
// of the machine that the file is made on, as pcapgo's defaults would do: the
// same run gives the same bytes everywhere.
type file struct {
	w       io.Writer
	section pcapgo.NgWriterOptions
	blocks  *pcapgo.NgWriter // nil: no interface yet, without which pcapgo begins no section
	err     error            // the first one; nothing is written after it
}

// direction is what epb_flags says in its lowest bits.
type direction = pcapgo.NgEpbFlag

const (
	inbound  direction = pcapgo.NgEpbFlagDirectionInbound
	outbound direction = pcapgo.NgEpbFlagDirectionOutbound
)

func newFile(w io.Writer, program, comment string) *file {
	info := pcapgo.NgSectionInfo{Application: optionText(program), Comment: optionText(comment)}
	return &file{w: w, section: pcapgo.NgWriterOptions{SectionInfo: info}}
}

// addInterface adds an interface of packets of IP and returns its number. The
// first one begins the file.
func (f *file) addInterface(name, description string) (id int) {
	if f.err != nil {
		return 0
	}
	i := pcapgo.NgInterface{Name: optionText(name), Description: optionText(description), LinkType: layers.LinkTypeRaw}
	var err error
	if f.blocks == nil {
		f.blocks, err = pcapgo.NewNgWriterInterface(f.w, i, f.section)
	} else {
		id, err = f.blocks.AddInterface(i)
	}
	f.keep(err)
	return id
}

// packet writes a packet that has passed an interface.
func (f *file) packet(id int, at time.Time, d direction, comment string, data []byte) {
	if f.err != nil {
		return
	}
	about := gopacket.CaptureInfo{Timestamp: at, CaptureLength: len(data), Length: len(data), InterfaceIndex: id}
	options := pcapgo.NgPacketOptions{Flags: &pcapgo.NgEpbFlags{Direction: d}}
	if comment != "" {
		options.Comments = []string{optionText(comment)}
	}
	f.keep(f.blocks.WritePacketWithOptions(about, data, options))
}

// flush writes what is still in the buffer of pcapgo.
func (f *file) flush() error {
	if f.err == nil {
		f.keep(f.blocks.Flush())
	}
	return f.err
}

// keep keeps the error of a write, which is the first: see err.
func (f *file) keep(err error) {
	if err != nil {
		f.err = fmt.Errorf("pcap: write capture: %w", err)
	}
}

// optionMax is the length of the longest option that its length field can tell.
// To pcapgo it is the caller's business.
const optionMax = 1<<16 - 1

// optionText makes of s a text that fits into an option.
func optionText(s string) string { return cut(s, optionMax) }

// cut makes of s valid UTF-8, as texts in options are, of at most so many bytes.
func cut(s string, most int) string {
	return strings.ToValidUTF8(s[:min(len(s), most)], "")
}
