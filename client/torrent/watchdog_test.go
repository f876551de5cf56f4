package torrent

import (
	"crypto/sha1"
	"math/rand/v2"
	"net/netip"
	"slices"
	"testing"
	"time"

	"bt/client/boundary"
	"bt/client/metainfo"
	"bt/client/peer"
	"bt/client/picker"
	"bt/client/rate"
	"bt/client/resume"
	"bt/client/wire"
)

// kennel is a torrent with one peer that has everything and answers at once, and a
// disk that does too.
type kennel struct {
	t       *testing.T
	tor     *Torrent
	now     time.Time
	out     boundary.Effects
	content []byte
	asked   []wire.Block // of the peer
	silent  bool         // the peer keeps its blocks, for the moment
	lose    bool         // the check of a downloaded piece is forgotten, once
	healed  []boundary.Defect
}

const (
	kennelPieces = 8
	kennelPiece  = 4 * wire.BlockSize
	kennelPeer   = boundary.ConnID(1)
)

// registry is that of a client with nothing else in it.
type registry struct{ Registry }

func (registry) MayDial(*Torrent) bool       { return false }
func (registry) Joined(*Torrent, *peer.Peer) {}
func (registry) Forget(boundary.ConnID)      {}

func newKennel(t *testing.T) *kennel {
	t.Helper()
	k := &kennel{t: t, now: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC), content: make([]byte, kennelPieces*kennelPiece)}
	rng := rand.New(rand.NewPCG(1, 1))
	for i := range k.content {
		k.content[i] = byte(rng.Uint32())
	}
	b := metainfo.Builder{Name: "x", Single: true, PieceLength: kennelPiece, Files: []metainfo.BuildFile{{Length: int64(len(k.content))}}}
	var hashes []metainfo.Hash
	for c := range slices.Chunk(k.content, kennelPiece) {
		hashes = append(hashes, sha1.Sum(c))
	}
	raw, err := b.Encode(hashes)
	if err != nil {
		t.Fatal(err)
	}
	meta, err := metainfo.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	k.tor = New(Config{
		Meta: meta, MaxPeers: 10, Slots: 4, Rand: rng, Limits: &Limits{Up: rate.NewBucket(0), Down: rate.NewBucket(0)},
		Allows: func(netip.Addr) bool { return true },
	}, registry{})
	k.do(func() { k.tor.HandleSetState(k.now, boundary.Active, &k.out) })
	hello := &wire.Handshake{InfoHash: meta.InfoHash, PeerID: [20]byte{1}}
	hello.SetFast()
	k.do(func() {
		k.tor.HandleHello(k.now, kennelPeer, netip.MustParseAddrPort("10.0.0.1:1"), boundary.FromIncoming, hello, &k.out)
	})
	return k
}

// says has the peer say something, if it is still there.
func (k *kennel) says(msgs ...wire.Message) {
	k.do(func() {
		if p := k.peer(); p != nil {
			k.tor.HandleReceived(k.now, p, &boundary.Received{Conn: kennelPeer, Msgs: msgs}, &k.out)
		}
	})
}

// do lets something happen to the torrent, and plays the answers of its world.
func (k *kennel) do(what func()) {
	k.out.Reset()
	what()
	var then []func()
	for _, id := range k.out.OpenFiles {
		then = append(then, func() {
			k.tor.HandleFilesOpened(k.now, boundary.FilesOpened{Torrent: id, Stamps: make([]resume.FileStamp, 2)}, &k.out)
		})
	}
	for _, w := range k.out.Write {
		then = append(then, func() {
			k.tor.HandleBlocksWritten(k.now, boundary.BlocksWritten{Piece: w.Piece, N: len(w.Data)}, &k.out)
		})
	}
	for _, c := range k.out.Check {
		if k.lose && c.Download {
			k.lose = false
			k.tor.watchdog.answered(c.Piece)
			continue
		}
		then = append(then, func() {
			k.tor.HandlePieceChecked(k.now, boundary.PieceChecked{CheckPiece: c, OK: true}, &k.out)
		})
	}
	for _, id := range k.out.Sync {
		then = append(then, func() {
			k.tor.HandleFilesSynced(k.now, boundary.FilesSynced{Torrent: id, Stamps: make([]resume.FileStamp, 2)}, &k.out)
		})
	}
	for _, l := range k.out.Look {
		then = append(then, func() {
			k.tor.HandleFilesLooked(k.now, boundary.FilesLooked{Torrent: l.Torrent}, &k.out)
		})
	}
	for _, s := range k.out.Send {
		switch s.Msg.Kind {
		case wire.Request:
			k.asked = append(k.asked, s.Msg.Block())
		case wire.Cancel:
			k.asked = slices.DeleteFunc(k.asked, func(b wire.Block) bool { return b == s.Msg.Block() })
		}
	}
	for _, n := range k.out.Notify {
		if h, ok := n.(boundary.Healed); ok {
			k.healed = append(k.healed, h.Defects...)
		}
	}
	for _, f := range then {
		k.do(f)
	}
}

// runs lets a time pass. Each second the peer answers what it was asked.
func (k *kennel) runs(d time.Duration) {
	for end := k.now.Add(d); k.now.Before(end); k.now = k.now.Add(time.Second) {
		k.do(func() { k.tor.HandleTick(k.now, &k.out) })
		if k.silent {
			continue
		}
		asked := k.asked
		k.asked = nil
		for _, b := range asked {
			m := b.Message(wire.Piece)
			m.Data = slices.Clone(k.content[int(b.Index)*kennelPiece+int(b.Begin):][:b.Length])
			k.says(m)
		}
	}
}

func (k *kennel) peer() *peer.Peer { return k.tor.byID[kennelPeer] }

// TestWatchdogHeals plants confusion in the state of a download, which then stands
// still, and would for ever: it is found, told by the right word, and mended.
func TestWatchdogHeals(t *testing.T) {
	tests := []struct {
		name  string
		plant func(k *kennel)
		want  boundary.Defect
	}{
		{"a peer is taken for one that has nothing", func(k *kennel) {
			k.peer().Wanted, k.peer().AmInterested = 0, false
		}, boundary.DefectInterest},
		{"what is left is miscounted", func(k *kennel) { k.tor.pieces.left++; k.tor.pieces.lacked++ }, boundary.DefectPieces},
		{"the picker takes all for had", func(k *kennel) {
			for p := range kennelPieces {
				k.tor.picker.SetHave(p)
			}
		}, boundary.DefectPicker},
		{"the picker takes all for unwanted", func(k *kennel) {
			for p := range kennelPieces {
				k.tor.picker.SetPriority(p, 0)
			}
		}, boundary.DefectPicker},
		{"blocks are requested that nobody was asked for", func(k *kennel) {
			k.tor.picker.Pick(nil, kennelPeer, &k.peer().Has, 100, picker.PickOptions{})
		}, boundary.DefectRequests},
		{"a check is forgotten", func(k *kennel) { k.lose = true }, boundary.DefectCheck},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			k := newKennel(t)
			k.says(wire.Message{Kind: wire.HaveAll})
			tt.plant(k)
			k.says(wire.Message{Kind: wire.Unchoke})
			k.runs(3 * time.Minute)
			if !slices.Equal(k.healed, []boundary.Defect{tt.want}) {
				t.Errorf("the watchdog has found %v, want %v", k.healed, tt.want)
			}
			if !k.tor.Complete() {
				t.Errorf("not complete: %s", k.tor.Status(k.now).Why)
			}
		})
	}
}

// Nothing is wrong with a download that runs, or that its peers hold up: however
// they do that, and for how long.
func TestWatchdogIsQuiet(t *testing.T) {
	tests := []struct {
		name string
		do   func(k *kennel)
	}{
		{"runs", func(k *kennel) { k.says(wire.Message{Kind: wire.HaveAll}, wire.Message{Kind: wire.Unchoke}) }},
		{"choked", func(k *kennel) { k.says(wire.Message{Kind: wire.HaveAll}) }},
		{"nothing to be had", func(k *kennel) { k.says(wire.Message{Kind: wire.HaveNone}, wire.Message{Kind: wire.Unchoke}) }},
		{"silent", func(k *kennel) {
			k.silent = true
			k.says(wire.Message{Kind: wire.HaveAll}, wire.Message{Kind: wire.Unchoke})
		}},
		{"choked in the middle", func(k *kennel) {
			k.says(wire.Message{Kind: wire.HaveAll}, wire.Message{Kind: wire.Unchoke})
			k.silent = true
			k.runs(time.Second)
			k.says(wire.Message{Kind: wire.Choke})
		}},
		{"paused", func(k *kennel) {
			k.says(wire.Message{Kind: wire.HaveAll}, wire.Message{Kind: wire.Unchoke})
			k.do(func() { k.tor.HandleSetState(k.now, boundary.Paused, &k.out) })
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			k := newKennel(t)
			tt.do(k)
			for range 15 {
				k.says(wire.Message{Kind: wire.KeepAlive})
				k.runs(time.Minute)
			}
			if len(k.healed) > 0 {
				t.Errorf("the watchdog has found %v", k.healed)
			}
		})
	}
}
