package client

import (
	"errors"
	"fmt"
	"net/netip"
	"slices"

	"bt/client/boundary"
	"bt/client/metainfo"
	"bt/client/resume"
	"bt/client/torrent"
)

// Spec says what to add, and how.
type Spec struct {
	// Meta is the parsed .torrent file.
	Meta *metainfo.MetaInfo
	// Dir is where the files are, or will be; several files make a directory
	// below it. "" is the current directory.
	Dir string
	// State is the state to begin in.
	State State
	// Priorities, one a file: 0 is not downloaded, higher comes sooner; nil
	// means 1 for all.
	Priorities []int
	// Peers are addresses to try beside those of the trackers.
	Peers []netip.AddrPort
	// UpLimit and DownLimit bound the payload of this torrent, in bytes per
	// second; 0 is no limit. Those of the client hold besides.
	UpLimit, DownLimit int64
	// PieceCache is what Torrent.PieceCache returned in an earlier instance: it
	// makes checking what is on disk short. It is not taken at its word. One
	// that is of no use is refused with the notice CacheRefused, and everything
	// is checked.
	PieceCache []byte
	// SeedMode takes the files at their word: if all that is wanted is there and
	// of the right size, the torrent is complete at once, and a piece is checked
	// when a peer first asks for it, before any byte of it is sent. A piece that
	// is wrong ends that with SeedModeEnded: it counts as missing, what was
	// verified is kept, and the rest is checked in the background. Files that are
	// missing or of another size are checked as ever.
	SeedMode bool
	// OnHashPass and OnHashFail are called with the index of every piece that
	// has passed or failed its hash, in downloads and hash checks alike.
	OnHashPass, OnHashFail func(t *Torrent, piece int)
}

func (s *Spec) validate() error {
	if s.Meta == nil {
		return errors.New("no torrent given")
	}
	if s.Priorities != nil {
		if err := s.checkPriorities(s.Priorities); err != nil {
			return err
		}
	}
	if s.State > Stopped {
		return fmt.Errorf("%s: unknown state %d", s.Meta.Info.Name, s.State)
	}
	return nil
}

func (s *Spec) checkPriorities(priorities []int) error {
	if len(priorities) != len(s.Meta.Info.Files) {
		return fmt.Errorf("%s: %d priorities for %d files", s.Meta.Info.Name, len(priorities), len(s.Meta.Info.Files))
	}
	for i, p := range priorities {
		if p < 0 {
			return fmt.Errorf("%s: priority %d of file %d is below 0", s.Meta.Info.Name, p, i)
		}
	}
	return nil
}

// Torrent is one torrent of a client. Its getters describe the present; after
// it was removed, its last moment.
type Torrent struct {
	client *Client
	id     boundary.TorrentID
	meta   *metainfo.MetaInfo
	spec   Spec
	paths  []string
	// movingTo is where the files are on their way to, "" if nowhere; guarded by
	// client.mu.
	movingTo string
	core     *torrent.Torrent // nil until its Add was handled; guarded by client.mu
}

// ID returns the torrent's id, as notices name it.
func (t *Torrent) ID() TorrentID { return t.id }

// Meta returns what the torrent was made of. It must not be changed.
func (t *Torrent) Meta() *metainfo.MetaInfo { return t.meta }

// InfoHash returns the 20 bytes that identify the torrent.
func (t *Torrent) InfoHash() metainfo.Hash { return t.meta.InfoHash }

// Name returns the suggested name, in UTF-8.
func (t *Torrent) Name() string { return t.meta.Info.Name }

// Size returns the bytes of all files.
func (t *Torrent) Size() int64 { return t.meta.Info.Length }

// PieceLength returns the bytes of every piece but the last.
func (t *Torrent) PieceLength() int64 { return t.meta.Info.PieceLength }

// Start makes the torrent active: trackers are told, connections made and
// accepted, requests made and filled.
func (t *Torrent) Start() { t.setState(Active) }

// Pause keeps the connections, but makes and fills no request until Start.
// Trackers are not told.
func (t *Torrent) Pause() { t.setState(Paused) }

// Stop tells the trackers, closes all connections and open files, and rejects
// incoming connections.
func (t *Torrent) Stop() { t.setState(Stopped) }

func (t *Torrent) setState(s State) { t.client.Post(boundary.SetState{Torrent: t.id, State: s}) }

// Remove stops the torrent and forgets it; its files stay. TorrentRemoved says
// when it has let go of everything.
func (t *Torrent) Remove() { t.client.Post(boundary.RemoveTorrent{Torrent: t.id}) }

// SetPriorities wants the files by other priorities, one a file: 0 is not
// downloaded, higher comes sooner, so that 1000 against 1 finishes first. A
// piece is worth what the most wanted file in it is worth. Nothing that was
// downloaded is lost, and what is not wanted any more is not asked for any more.
// PrioritiesSet says when the files on disk have followed. It is an error if
// there is not one for each file, or one is below 0; then nothing changes.
func (t *Torrent) SetPriorities(priorities []int) error {
	if err := t.spec.checkPriorities(priorities); err != nil {
		return err
	}
	t.client.mu.Lock()
	t.spec.Priorities = slices.Clone(priorities)
	t.client.mu.Unlock()
	t.client.Post(boundary.SetPriorities{Torrent: t.id, Priorities: slices.Clone(priorities)})
	return nil
}

// SetLimits bounds the payload of this torrent, in bytes per second; 0 is no
// limit.
func (t *Torrent) SetLimits(up, down int64) {
	t.client.Post(boundary.SetLimits{Torrent: t.id, Up: up, Down: down})
}

// AddPeers gives addresses to connect to.
func (t *Torrent) AddPeers(addrs ...netip.AddrPort) {
	t.client.Post(boundary.AddPeers{Torrent: t.id, Peers: addrs})
}

// Hashcheck verifies pieces against what is on disk, all when none are named,
// in any state and beside a download. OnHashPass and OnHashFail are told of each
// piece, HashcheckDone comes at the end; a piece that has failed is not had any
// more. If an index is out of range, that is an error, and nothing is checked.
func (t *Torrent) Hashcheck(pieces ...int) error {
	for _, p := range pieces {
		if p < 0 || p >= t.meta.Info.NumPieces() {
			return fmt.Errorf("%s: hash check of piece %d: there are %d", t.Name(), p, t.meta.Info.NumPieces())
		}
	}
	t.client.Post(boundary.Hashcheck{Torrent: t.id, Pieces: pieces})
	return nil
}

// look runs f on the core under the client's lock. It reports whether there is
// one yet.
func (t *Torrent) look(f func(*torrent.Torrent)) bool {
	t.client.mu.Lock()
	defer t.client.mu.Unlock()
	if t.core == nil {
		return false
	}
	f(t.core)
	return true
}

// PieceCache returns what the next instance needs to go on without checking
// everything again: which pieces are had and durable, and how the files looked
// then. Its format is that of package resume: versioned, checksummed, the same
// on every system. It is new with each notice Checkpointed, and nil before the
// first.
func (t *Torrent) PieceCache() (cache []byte) {
	t.look(func(c *torrent.Torrent) {
		if s := c.Saved(); s != nil {
			cache = resume.Encode(*s)
		}
	})
	return cache
}

// State returns the present state: Active, Paused or Stopped.
func (t *Torrent) State() State {
	s := t.spec.State
	t.look(func(c *torrent.Torrent) { s = c.State() })
	return s
}

// Status returns all the figures at once.
func (t *Torrent) Status() Status {
	s := Status{State: t.spec.State, Size: t.Size(), Wanted: t.Size(), Left: t.Size(), Pieces: t.meta.Info.NumPieces(), Why: "starting"}
	t.look(func(c *torrent.Torrent) { s = c.Status(t.client.time()) })
	return s
}

// Bitfield returns the pieces had and verified, packed as on the wire: the first
// piece is the highest bit of the first byte, spare bits at the end are 0. Those
// had on trust (Spec.SeedMode) are not among them.
func (t *Torrent) Bitfield() []byte {
	b := make([]byte, (t.meta.Info.NumPieces()+7)/8)
	t.look(func(c *torrent.Torrent) {
		have := c.Have()
		b = have.Bytes()
	})
	return b
}

// Wanted returns the pieces wanted and not had, packed like Bitfield. It is nil
// until the turn after Add.
func (t *Torrent) Wanted() []byte {
	var b []byte
	t.look(func(c *torrent.Torrent) {
		lacked := c.Lacked()
		b = lacked.Bytes()
	})
	return b
}

// Downloaded returns the payload received since the torrent was added, in bytes,
// what came twice or failed its hash included.
func (t *Torrent) Downloaded() (n int64) {
	t.look(func(c *torrent.Torrent) { n, _, _ = c.Transferred() })
	return n
}

// Uploaded returns the payload sent since the torrent was added, in bytes.
func (t *Torrent) Uploaded() (n int64) {
	t.look(func(c *torrent.Torrent) { _, n, _ = c.Transferred() })
	return n
}

// Left returns the bytes of the pieces wanted and not had. A piece is wanted
// whole, if any file in it is.
func (t *Torrent) Left() int64 {
	n := t.Size()
	t.look(func(c *torrent.Torrent) { _, _, n = c.Transferred() })
	return n
}

// Complete says that all that is wanted is had. It is false until what is on
// disk has been looked at.
func (t *Torrent) Complete() (ok bool) {
	t.look(func(c *torrent.Torrent) { ok = c.Complete() })
	return ok
}

// Seed says that everything is had, wanted or not.
func (t *Torrent) Seed() (ok bool) {
	t.look(func(c *torrent.Torrent) { ok = c.Seed() })
	return ok
}

// Peers returns the connected peers, whose handshakes are through, in the order
// in which they joined. Client.Peers has the others too.
func (t *Torrent) Peers() (peers []Peer) {
	t.look(func(c *torrent.Torrent) { peers = c.PeerStatuses(t.client.time()) })
	return peers
}

// Trackers returns one entry a tier (BEP 12), in the order of the .torrent file:
// who is in it, what it has said last, and how often it has failed in a row.
func (t *Torrent) Trackers() (tiers []Tracker) {
	t.look(func(c *torrent.Torrent) {
		tiers = c.Trackers()
		for i := range tiers {
			tiers[i].Next = t.client.steady.reading(tiers[i].Next)
		}
	})
	return tiers
}

// File is one file of a torrent.
type File struct {
	Path     string // where it is, or will be, on disk; absolute if Spec.Dir is
	Length   int64  // bytes
	Priority int    // 0: not downloaded; higher comes sooner
	Pad      bool   // padding (BEP 47): never on disk
}

// Files returns the files in the torrent's order, with the priorities that were
// set last.
func (t *Torrent) Files() []File {
	t.client.mu.Lock()
	defer t.client.mu.Unlock()
	files := make([]File, len(t.meta.Info.Files))
	for i, f := range t.meta.Info.Files {
		files[i] = File{Path: t.paths[i], Length: f.Length, Priority: 1, Pad: f.Pad}
		if t.spec.Priorities != nil {
			files[i].Priority = t.spec.Priorities[i]
		}
	}
	return files
}
