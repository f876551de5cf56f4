package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"

	"bt/scenarios"
)

// beginCapture has the one run of the list captured, if that is wanted. A file
// holds one run: those of others would begin at the same simulated time, with the
// same addresses.
func beginCapture(list []task, f runFlags) (end func() error, err error) {
	switch {
	case f.pcap == "" && len(f.pcapHosts) > 0:
		return nil, errors.New("--pcap-host: there is no --pcap")
	case f.pcap == "":
		return func() error { return nil }, nil
	case len(list) != 1:
		return nil, fmt.Errorf("--pcap %s: a capture is of one run, and these are %d: name one scenario and one seed", f.pcap, len(list))
	}
	file, err := os.Create(f.pcap)
	if err != nil {
		return nil, fmt.Errorf("--pcap: %w", err)
	}
	w := bufio.NewWriter(file)
	list[0].capture = &scenarios.Capture{To: w, Hosts: f.pcapHosts, Replay: list[0].replay()}
	return func() error {
		if err := errors.Join(w.Flush(), file.Close()); err != nil {
			return fmt.Errorf("--pcap: %w", err)
		}
		return nil
	}, nil
}
