package scenarios

import (
	"slices"
	"testing"
	"time"

	"bt/client"
	"bt/simnet"
)

func TestAgenda(t *testing.T) {
	var a agenda
	var did []int
	add := func(after time.Duration, n int) {
		a.add(epoch.Add(after), func() { did = append(did, n) })
	}
	add(2, 3)
	add(1, 1)
	add(1, 2)
	a.advance(epoch.Add(1))
	if len(did) > 0 {
		t.Errorf("did %v at the very instant at which it was due", did)
	}
	a.advance(epoch.Add(2))
	a.advance(epoch.Add(3))
	if want := []int{1, 2, 3}; !slices.Equal(did, want) {
		t.Errorf("did %v, want %v", did, want)
	}
}

// TestAnnounceOrder judges what clients tell trackers, as T1 has it.
func TestAnnounceOrder(t *testing.T) {
	tests := []struct {
		name   string
		events []string
		wrong  int // announces that are
	}{
		{"a whole life", []string{"started", "", "downloaded", "completed", "", "stopped"}, 0},
		{"a seed", []string{"started", "", "stopped"}, 0},
		{"stopped and started again", []string{"started", "stopped", "started", "", "stopped"}, 0},
		{"started is repeated until it is answered", []string{"started", "started", ""}, 0},
		{"completed is repeated after a failure", []string{"started", "downloaded", "completed", "failed", "completed"}, 0},

		{"nothing was started", []string{"", "started"}, 1},
		{"stopped without started", []string{"stopped"}, 1},
		{"a seed that completes", []string{"started", "completed"}, 1},
		{"completed twice", []string{"started", "downloaded", "completed", "completed"}, 1},
		{"a word after stopped", []string{"started", "stopped", ""}, 1},
		{"completed after stopped", []string{"started", "downloaded", "stopped", "completed"}, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := announceWatch{families: 1}
			wrong := 0
			for _, e := range tt.events {
				switch e {
				case "downloaded":
					a.completed = true
				case "failed":
					a.handleFailed(client.TrackerFailed{Event: "completed"})
				default:
					if a.judge("tracker", e) != "" {
						wrong++
					}
				}
			}
			if wrong != tt.wrong {
				t.Errorf("%d announces are wrong, want %d", wrong, tt.wrong)
			}
		})
	}
}

// TestDiskOracles writes to a client's disk what no client should.
func TestDiskOracles(t *testing.T) {
	tests := []struct {
		name string
		do   func(n *node) error
		want string // the oracle; "" for none
	}{
		{"what the client does itself", func(*node) error { return nil }, ""},
		{"a file of somebody else", func(n *node) error { return createFile(n, "/etc") }, "D6"},
		{"a file of priority 0", func(n *node) error { return n.write(1, 0, []byte("x")) }, "D6"},
		{"one part file", func(n *node) error { return createFile(n, downloadDir+"/.x-00.bt-part") }, ""},
		{"a second part file", func(n *node) error {
			if err := createFile(n, downloadDir+"/.x-00.bt-part"); err != nil {
				return err
			}
			return createFile(n, downloadDir+"/.y-00.bt-part.index")
		}, "D6"},
		{"a file moved into the directory", func(n *node) error {
			if err := createFile(n, downloadDir+"/.x-00.bt-part"); err != nil {
				return err
			}
			return n.fs.Rename(downloadDir+"/.x-00.bt-part", downloadDir+"/y")
		}, "D6"},
		{"a byte of a complete file", func(n *node) error { return n.write(0, 70_000, []byte("no")) }, "D1"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := Scenario{
				Name: "disk", Until: Minute,
				Torrent: Torrent{Piece: 64 * KiB, Files: []File{{Path: "a", Size: 128 * KiB}, {Path: "b", Size: 128 * KiB}}},
				Actors:  []Actor{{Name: "leech", Kind: Leech, Has: "0-1", Priorities: []int{1, 0}}},
				Expect:  []Expectation{{Check: "complete"}},
			}
			r := &run{scenario: &s, net: simnet.New(1), hostiles: make(map[string]*hostile)}
			if err := r.prepare(1); err != nil {
				t.Fatal(err)
			}
			r.net.At(10*time.Second, func() {
				if err := tt.do(r.nodes[0]); err != nil {
					t.Error(err)
				}
			})
			r.net.RunUntil(simnet.Epoch.Add(20 * time.Second))
			r.finish()
			var fired []string
			for _, f := range r.failures {
				fired = append(fired, f.Rule)
			}
			if tt.want == "" && len(fired) > 0 || tt.want != "" && !slices.Contains(fired, "oracle "+tt.want) {
				t.Errorf("fired %v, want %q", r.failures, tt.want)
			}
		})
	}
}

func createFile(n *node, path string) error {
	f, err := n.fs.Create(path)
	if err != nil {
		return err
	}
	return f.Close()
}

// TestGone leaves something behind on the host of a client that is closed.
func TestGone(t *testing.T) {
	tests := []struct {
		name  string
		leave func(n *node)
		want  bool
	}{
		{"nothing", func(*node) {}, false},
		{"a timer", func(n *node) { n.host.At(time.Hour, func() {}) }, true},
		{"a connection", func(n *node) { n.host.Net().Dial(n.run.addrsOf([]string{"seed"})[0], silentHandler{}) }, true},
		{"an open file", func(n *node) { n.fs.Open(downloadDir) }, true},
		{"a job", func(n *node) { n.worker.Do(func() {}, func() {}) }, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := Scenario{
				Name: "gone", Torrent: Torrent{Piece: 64 * KiB, Size: 128 * KiB},
				Actors: []Actor{{Name: "leech", Kind: Leech}, {Name: "seed", Kind: Seed}},
				Expect: []Expectation{{Check: "complete"}},
			}
			r := &run{scenario: &s, net: simnet.New(1), hostiles: make(map[string]*hostile)}
			if err := r.prepare(1); err != nil {
				t.Fatal(err)
			}
			r.play()
			n := r.nodes[0]
			n.leave()
			r.net.RunWhile(func() bool { return n.running() })
			tt.leave(n)
			r.oracles.finish()
			fired := slices.ContainsFunc(r.failures, func(f Failure) bool { return f.Rule == "oracle L3" })
			if fired != tt.want {
				t.Errorf("fired %v: %v", fired, r.failures)
			}
		})
	}
}

type silentHandler struct{}

func (silentHandler) Opened()         {}
func (silentHandler) Received([]byte) {}
func (silentHandler) Sent(int)        {}
func (silentHandler) Closed(error)    {}
