package scenarios

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// captured runs a scenario with a capture.
func captured(t *testing.T, s Scenario, hosts ...string) (Result, []byte) {
	t.Helper()
	var file bytes.Buffer
	r := Run(s, s.DefaultSeed(), Options{Capture: &Capture{To: &file, Hosts: hosts, Replay: "do it again"}})
	return r, file.Bytes()
}

// TestCaptureChangesNothing: the run is the same with a capture and without, and
// the capture is the same each time.
func TestCaptureChangesNothing(t *testing.T) {
	names := []string{"one-piece", "simultaneous-open", "redial-refused", "udp-lost-announce", "nat-forgets", "redial-mute"}
	if !testing.Short() {
		names = append(names, "chaos", "resets", "power-loss", "suspend")
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := find(t, name)
			plain := Run(s, s.DefaultSeed(), Options{})
			once, first := captured(t, s)
			again, second := captured(t, s)
			if plain.Hash != once.Hash || plain.Events != once.Events || once.Hash != again.Hash {
				t.Errorf("hash %x without, %x and %x with a capture", plain.Hash, once.Hash, again.Hash)
			}
			if !bytes.Equal(first, second) {
				t.Errorf("the captures differ, of %d and %d bytes", len(first), len(second))
			}
			for _, want := range []string{"scenario " + name + ", seed", "do it again"} {
				if !bytes.Contains(first, []byte(want)) {
					t.Errorf("%q is not in the capture", want)
				}
			}
		})
	}
}

// impossible has a leech that is to complete sooner than its link lets it.
func impossible(t *testing.T) Scenario {
	s := find(t, "one-piece")
	s.Expect = []Expectation{{Check: "complete", Who: []string{"leech-1"}, Within: 1}}
	return s
}

// TestCaptureTellsFailures: a failure is a comment at the host that it is about.
func TestCaptureTellsFailures(t *testing.T) {
	r, file := captured(t, impossible(t))
	if len(r.Failures) != 1 || !bytes.Contains(file, []byte("FAIL "+r.Failures[0].String())) {
		t.Errorf("failures %v; they are not all in the capture", r.Failures)
	}
}

func TestCaptureRefuses(t *testing.T) {
	r, _ := captured(t, find(t, "one-piece"), "seed", "nobody")
	if len(r.Failures) != 1 || !strings.Contains(r.Failures[0].Detail, `no host is called "nobody"`) {
		t.Errorf("failures %v", r.Failures)
	}
	r = Run(find(t, "one-piece"), 1, Options{Capture: &Capture{}})
	if len(r.Failures) != 1 || !strings.Contains(r.Failures[0].Detail, "nowhere to write to") {
		t.Errorf("failures %v", r.Failures)
	}
}

type brokenWriter struct{}

func (brokenWriter) Write([]byte) (int, error) { return 0, errors.New("broken") }

// TestCaptureCannotWrite: the run goes on.
func TestCaptureCannotWrite(t *testing.T) {
	s := find(t, "one-piece")
	plain := Run(s, 1, Options{})
	r := Run(s, 1, Options{Capture: &Capture{To: brokenWriter{}}})
	if !r.Pass() || r.Hash != plain.Hash {
		t.Errorf("%+v", r)
	}
}

// shark is what Wireshark makes of a packet, by the names of its fields.
type shark map[string]string

// sharkFields are asked for of every packet.
var sharkFields = []string{
	"frame.interface_name", "frame.comment", "ip.src", "ipv6.src", "tcp.analysis.flags", "_ws.malformed",
	"ip.checksum.status", "tcp.checksum.status", "udp.checksum.status",
	"bittorrent.info_hash", "bittorrent.msg.type", "http.request.uri", "http.response.code", "syslog.msg",
}

// dissect has Wireshark read a file. With a host, what is on its interface is first
// copied to a file of its own, as one would do who looks at one host.
func dissect(t *testing.T, file []byte, host string) (list []shark) {
	t.Helper()
	tshark, err := exec.LookPath("tshark")
	switch {
	case err != nil && os.Getenv("BT_INTEROP") == "require":
		t.Fatal(err)
	case err != nil:
		t.Skip("tshark is not installed: what Wireshark thinks of captures is not tested")
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "run.pcapng")
	if err := os.WriteFile(path, file, 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) string {
		cmd := exec.Command(tshark, args...)
		cmd.Env = append(os.Environ(), "HOME="+dir, "XDG_CONFIG_HOME="+dir) // nobody's preferences
		var complaint bytes.Buffer
		cmd.Stderr = &complaint
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("tshark %q: %v\n%s", args, err, &complaint)
		}
		return string(out)
	}
	if host != "" {
		one := filepath.Join(dir, "one.pcapng")
		run("-r", path, "-Y", fmt.Sprintf("frame.interface_name == %q", host), "-w", one)
		path = one
	}
	args := []string{"-r", path, "-n", "-o", "ip.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE", "-T", "fields"}
	for _, f := range sharkFields {
		args = append(args, "-e", f)
	}
	for line := range strings.Lines(run(args...)) {
		s := make(shark)
		for i, v := range strings.Split(strings.TrimSuffix(line, "\n"), "\t") {
			s[sharkFields[i]] = v
		}
		list = append(list, s)
	}
	return list
}

// TestCaptureInWireshark: Wireshark finds what was said, and nothing to complain
// about.
func TestCaptureInWireshark(t *testing.T) {
	v6 := find(t, "one-piece")
	v6.IPv6 = true
	for _, tt := range []struct {
		name     string
		scenario Scenario
		hosts    []string
		host     string // to look at; "": the whole file
		source   string // the field with the addresses
	}{
		{"IPv4", find(t, "one-piece"), nil, "", "ip.src"},
		{"IPv6", v6, nil, "", "ipv6.src"},
		{"as one host sees it", find(t, "one-piece"), []string{"seed", "leech"}, "leech-2", "ip.src"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, file := captured(t, tt.scenario, tt.hosts...)
			var handshakes, pieces, announces, answers int
			for i, p := range dissect(t, file, tt.host) {
				for _, status := range []string{"ip.checksum.status", "tcp.checksum.status", "udp.checksum.status"} {
					if v := p[status]; v != "" && v != "1" {
						t.Errorf("packet %d: %s is %s, want 1, which is good", i+1, status, v)
					}
				}
				if p["tcp.analysis.flags"] != "" || p["_ws.malformed"] != "" || p[tt.source] == "" || p["frame.comment"] != "" {
					t.Errorf("packet %d: %v", i+1, p)
				}
				if tt.host != "" && p["frame.interface_name"] != tt.host {
					t.Errorf("packet %d is on %s", i+1, p["frame.interface_name"])
				}
				if p["bittorrent.info_hash"] != "" {
					handshakes++
				}
				for kind := range strings.SplitSeq(p["bittorrent.msg.type"], ",") {
					if kind == "7" { // piece
						pieces++
					}
				}
				if strings.HasPrefix(p["http.request.uri"], "/announce?") {
					announces++
				}
				if p["http.response.code"] == "200" {
					answers++
				}
			}
			// Three connections between a seed and two leeches, of which each has two.
			want := 6
			if tt.host != "" {
				want = 4
			}
			if handshakes != want || pieces == 0 || announces == 0 || announces != answers {
				t.Errorf("%d handshakes, %d pieces, %d announces, %d answers", handshakes, pieces, announces, answers)
			}
		})
	}
}

// TestFailureInWireshark: a failure is a packet with a comment, and can be read in
// the list of packets too.
func TestFailureInWireshark(t *testing.T) {
	r, file := captured(t, impossible(t))
	for _, p := range dissect(t, file, "") {
		if want := "FAIL " + r.Failures[0].String(); p["frame.comment"] == want && p["syslog.msg"] == want && p["frame.interface_name"] == "leech-1" {
			return
		}
	}
	t.Error("Wireshark does not show the failure")
}
