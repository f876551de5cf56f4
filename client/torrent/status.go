package torrent

import (
	"fmt"
	"net/netip"
	"time"

	"bt/client/announce"
	"bt/client/bitfield"
	"bt/client/boundary"
)

// Status is a torrent at one moment, for people to look at.
type Status struct {
	State    boundary.State
	Checking bool    // a hash check is under way
	Checked  float64 // its progress, 0 to 1

	Size       int64 // of all files
	Wanted     int64 // bytes of the pieces wanted
	Left       int64 // bytes of the pieces wanted and not had
	Pieces     int
	PiecesHad  int
	Trusted    int   // of PiecesHad, in seed mode: those that nobody has checked yet
	Downloaded int64 // payload in this session, waste included
	Uploaded   int64
	Wasted     int64 // of Downloaded: came twice, or failed its hash

	DownRate, UpRate int64 // bytes per second, over the last seconds

	Peers, Seeds, Known int // connected; those among them that have everything; addresses known
	Unchoked            int // peers that let us download
	Complete, Seed      bool

	// Why says what a download that stands still is waiting for; "" if it
	// moves.
	Why string
}

// statusSeconds is the window of the rates shown: long enough to read, short
// enough to see a change.
const statusSeconds = 5

// Status describes the torrent.
func (t *Torrent) Status(now time.Time) Status {
	s := Status{
		State: t.state, Checking: t.checker.busy(),
		Size: t.info.Length, Left: t.pieces.left,
		Pieces: t.info.NumPieces(), PiecesHad: t.pieces.have.Count(), Trusted: t.trusted(),
		Downloaded: t.transfer.downloaded, Uploaded: t.transfer.uploaded, Wasted: t.transfer.wasted,
		Peers: len(t.peers), Known: t.book.Len(),
		Complete: t.Complete(), Seed: t.Seed(),
	}
	if t.checker.total > 0 {
		s.Checked = float64(t.checker.done) / float64(t.checker.total)
	}
	for p := t.pieces.wanted.Next(0); p >= 0; p = t.pieces.wanted.Next(p + 1) {
		s.Wanted += t.info.PieceSize(p)
	}
	for _, p := range t.peers {
		s.DownRate += p.Down.RateOver(now, statusSeconds)
		s.UpRate += p.Up.RateOver(now, statusSeconds)
		if p.Has.All() {
			s.Seeds++
		}
		if !p.PeerChoking {
			s.Unchoked++
		}
	}
	if (s.DownRate == 0 || t.disk.closed()) && !s.Complete {
		s.Why = t.why(s)
	}
	return s
}

// why says what a download is waiting for.
func (t *Torrent) why(s Status) string {
	switch {
	case s.State == boundary.Stopped:
		return "stopped"
	case t.disk.closed() && !t.files.loaded:
		return t.whyDisk()
	case !t.files.loaded:
		return "checking what is on disk"
	case s.State == boundary.Paused:
		return "paused"
	case t.disk.phase != diskWorks:
		return t.whyDisk()
	case t.transfer.unwritten >= unwrittenMax:
		return "the disk is busy"
	case s.Peers == 0:
		return t.whyAlone()
	}
	interesting, asked := 0, 0
	for _, p := range t.peers {
		if p.AmInterested {
			interesting++
		}
		asked += p.Requests.Len()
	}
	switch {
	case interesting == 0:
		return fmt.Sprintf("no missing piece at %s", peers(s.Peers))
	case s.Unchoked == 0:
		return fmt.Sprintf("choked by %s", peers(s.Peers))
	case asked > 0:
		return fmt.Sprintf("waiting for %d blocks asked for", asked)
	}
	return "waiting for peers to unchoke us"
}

// whyDisk says what a download waits for whose disk takes nothing.
func (t *Torrent) whyDisk() string {
	cause := "the disk is full"
	if boundary.FaultOf(t.disk.err) == boundary.DiskBusy {
		cause = "the disk is busy"
	}
	return fmt.Sprintf("%s (%v); goes on by itself", cause, t.disk.err)
}

func peers(n int) string {
	if n == 1 {
		return "the only peer"
	}
	return fmt.Sprintf("%d peers", n)
}

// whyAlone says why a download has no peers.
func (t *Torrent) whyAlone() string {
	failing, silent := "", ""
	asking := false
	trackers := t.announcer.Trackers()
	for _, tr := range trackers {
		if len(tr.URLs) == 0 {
			continue
		}
		switch tr.State {
		case announce.Announcing, announce.Waiting:
			if asking = true; tr.Err != nil {
				silent = fmt.Sprintf(" again; %s: %v", trackerHost(tr.URLs[0]), tr.Err)
			}
		case announce.Failing:
			failing = fmt.Sprintf("tracker %s: %v", trackerHost(tr.URLs[0]), tr.Err)
		case announce.Unsupported:
			failing = fmt.Sprintf("tracker %s is neither HTTP nor UDP", trackerHost(tr.URLs[0]))
		}
	}
	switch {
	case t.dialling > 0:
		return fmt.Sprintf("connecting to %s", peers(t.dialling))
	case t.book.Len() > 0:
		return fmt.Sprintf("no connection to %s known", peers(t.book.Len()))
	case asking:
		return "asking the tracker for peers" + silent
	case failing != "":
		return "no peers; " + failing
	case len(trackers) == 0:
		return "no peers known, and no tracker to ask"
	}
	return "no peers in the swarm"
}

// State returns what the user wants of the torrent.
func (t *Torrent) State() boundary.State { return t.state }

// Complete says that all that is wanted is had; Seed, that everything is.
// Neither is true before what is on disk has been looked at.
func (t *Torrent) Complete() bool { return t.files.loaded && t.pieces.complete() }

// Seed: see Complete.
func (t *Torrent) Seed() bool { return t.files.loaded && t.pieces.seed() }

// Have returns the pieces that were verified, as a copy.
func (t *Torrent) Have() bitfield.Bitfield { return t.verified() }

// Lacked returns the pieces wanted and not had.
func (t *Torrent) Lacked() bitfield.Bitfield {
	b := bitfield.New(t.info.NumPieces())
	for p := t.pieces.wanted.Next(0); p >= 0; p = t.pieces.wanted.Next(p + 1) {
		if !t.pieces.have.Has(p) {
			b.Set(p)
		}
	}
	return b
}

// Transferred returns the totals of this session in bytes of payload, and what
// is left of the pieces wanted.
func (t *Torrent) Transferred() (downloaded, uploaded, left int64) {
	return t.transfer.downloaded, t.transfer.uploaded, t.pieces.left
}

// Trackers describes the tiers.
func (t *Torrent) Trackers() []announce.Status { return t.announcer.Trackers() }

// PeerStatus is a connected peer at one moment.
type PeerStatus struct {
	Torrent                     boundary.TorrentID // NoTorrent before an incoming connection's handshake
	Addr                        netip.AddrPort
	PeerID                      [20]byte
	Reserved                    [8]byte
	Incoming                    bool
	Source                      boundary.Source
	AmChoking, AmInterested     bool
	PeerChoking, PeerInterested bool
	Bitfield                    []byte // what it has, as on the wire
	Pieces                      int    // how many that is
	DownRate, UpRate            int64  // bytes per second over 20 s
	Downloaded, Uploaded        int64  // payload from it and to it
	Requests                    int    // ours, outstanding
	UploadOnly                  bool   // has everything, or all it wants (BEP 21)
	Client                      string // the name and version it gives itself, "" if none
	Snubbed                     bool   // has sent nothing for a minute though it owed us
}

// PeerStatuses describes the connected peers in the order they joined.
func (t *Torrent) PeerStatuses(now time.Time) []PeerStatus {
	all := make([]PeerStatus, len(t.peers))
	for i, p := range t.peers {
		all[i] = PeerStatus{
			Torrent: t.cfg.ID, Addr: p.Addr, PeerID: p.PeerID, Reserved: p.Reserved, Incoming: p.Incoming, Source: p.Source,
			AmChoking: p.AmChoking, AmInterested: p.AmInterested,
			PeerChoking: p.PeerChoking, PeerInterested: p.PeerInterested,
			Bitfield: p.Has.Bytes(), Pieces: p.Has.Count(),
			DownRate: p.Down.Rate(now), UpRate: p.Up.Rate(now),
			Downloaded: p.Down.Total(), Uploaded: p.Up.Total(),
			UploadOnly: p.UploadOnly(), Client: p.Client(),
			Requests: p.Requests.Len(), Snubbed: p.Requests.Snubbed(now),
		}
	}
	return all
}
