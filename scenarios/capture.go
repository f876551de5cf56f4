package scenarios

import (
	"errors"
	"fmt"
	"io"

	"bt/simnet/pcap"
)

// Capture says how to capture the packets of a run, for Wireshark.
type Capture struct {
	// To is written a pcapng file, which is whole when the run is over. That it
	// cannot be written does not stop the run; it is up to To to remember.
	To io.Writer

	// Hosts names the hosts to capture at: actors, each of their hosts if there
	// are several, and trackers. None: all, and each stream once; package pcap
	// says why.
	Hosts []string

	// Replay is the command that makes the run again, to be noted in the file.
	Replay string
}

// beginCapture begins the capture, if one is wanted. It only looks: the run is
// the same without it.
func (r *run) beginCapture(seed uint64) error {
	want := r.opt.Capture
	if want == nil {
		return nil
	}
	if want.To == nil {
		return errors.New("capture: nowhere to write to")
	}
	var hosts []string
	for _, name := range want.Hosts {
		found := false
		for _, h := range r.net.Hosts() {
			if named([]string{name}, h.Name(), r.actors[h.Name()]) {
				hosts, found = append(hosts, h.Name()), true
			}
		}
		if !found {
			return fmt.Errorf("capture: no host is called %q", name)
		}
	}
	about := fmt.Sprintf("scenario %s, seed %d", r.scenario.Name, seed)
	if want.Replay != "" {
		about += "\n" + want.Replay
	}
	r.capture = pcap.Start(r.net, want.To, pcap.Options{Program: "btsim", Comment: about, Hosts: hosts})
	return nil
}

// endCapture writes what is left of the capture, of a run that panicked too.
func (r *run) endCapture() {
	if r.capture != nil {
		_ = r.capture.Flush() // Capture.To remembers it
	}
}

// captureFailure puts a failure where its node's packets are.
func (r *run) captureFailure(f Failure) {
	if r.capture != nil {
		r.capture.Comment(f.Node, "FAIL "+f.String())
	}
}
