package scenarios

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"net/http"
	"net/netip"

	"github.com/anacrolix/torrent/bencode"
)

// exchange is one announce under the eyes of the oracles: what the tracker
// answers is read from the wire, by a reader of its own.
type exchange struct {
	who     *watched
	tracker string // host, as in its URL, and path
	answer  []byte // as far as it has come
	need    int    // bytes of answer without which there is nothing to read
	over    bool   // it was read, or is none
}

// exchangeMax bounds what is kept of an answer; a client gives up at 2 MiB.
const exchangeMax = 256 << 10

// trackerAnswer is what the oracles look at in an answer.
type trackerAnswer struct {
	Failure     string `bencode:"failure reason"`
	Interval    int64  `bencode:"interval"`     // seconds
	MinInterval int64  `bencode:"min interval"` // 0: nothing was said of it
	Peers       string `bencode:"peers"`        // compact (BEP 23)
	Peers6      string `bencode:"peers6"`       // compact (BEP 7)
}

// handleAnswer takes more bytes of the answer. What is none is for the client to
// find out.
func (x *exchange) handleAnswer(p []byte) {
	if x.over {
		return
	}
	if x.answer = append(x.answer, p...); len(x.answer) > exchangeMax {
		x.over, x.answer = true, nil
		return
	}
	if len(x.answer) < x.need {
		return
	}
	end := bytes.Index(x.answer, []byte("\r\n\r\n"))
	if end < 0 {
		return // not all of the head is there
	}
	res, err := http.ReadResponse(bufio.NewReaderSize(bytes.NewReader(x.answer), len(x.answer)), nil)
	if err != nil {
		return
	}
	x.need = end + len("\r\n\r\n") + int(max(res.ContentLength, 0))
	body, err := io.ReadAll(res.Body)
	var a trackerAnswer
	if err != nil || bencode.Unmarshal(body, &a) != nil {
		return // nor of the body
	}
	x.over, x.answer = true, nil
	x.who.handleAnswer(x.tracker, &a)
}

// handleAnswer keeps what a tracker has said, until the client acts on it.
func (w *watched) handleAnswer(tracker string, a *trackerAnswer) {
	if a.Failure == "" {
		w.pace.answers[tracker] = *a
	}
	for _, list := range []struct {
		text string
		ip   int
	}{{a.Peers, 4}, {a.Peers6, 16}} {
		for b := []byte(list.text); len(b) >= list.ip+2; b = b[list.ip+2:] {
			ip, _ := netip.AddrFromSlice(b[:list.ip])
			w.named[netip.AddrPortFrom(ip, binary.BigEndian.Uint16(b[list.ip:]))] = true
		}
	}
}
