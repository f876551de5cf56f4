package torrent

import (
	"time"

	"bt/client/boundary"
	"bt/client/rate"
	"bt/client/wire"
)

// reads holds what is taken from the network to a download limit. To pace what is
// asked for is not enough: when a way was blocked for seconds, all that peers have
// sent meanwhile comes at once. What cannot be taken yet is left in the sockets,
// which pushes back on the peers.
//
// The shell counts, since it is asked for each read: it is given what the bucket
// holds, and says when that is used up. So the bucket is always spent a little
// late. What has flowed in meanwhile only counts as far as there is room for it,
// and a window holds no more for it.
type reads struct {
	bucket  rate.Bucket
	limit   int64     // bytes per second; 0: none
	told    int64     // the limit that the shell goes by
	opensAt time.Time // when something may be read again; zero: the shell has some left
	owed    int64     // bytes that peers owe us; what they send may lie unread
}

// A read is at most what the limit lets through in an eighth of a second, so that
// whoever reads least urgently, a choke or a request for us among it, does not wait
// longer for the next. Below readLeast, there would be too many; above a block, a
// window could hold more than the limit and a block.
const (
	readsPerSecond = 8
	readLeast      = 512
)

func newReads(limit int64) reads { return reads{bucket: rate.NewBucket(limit), limit: max(limit, 0)} }

func (r *reads) set(now time.Time, limit int64) {
	r.bucket.SetRate(now, limit)
	r.limit = max(limit, 0)
}

// HandleReadsSpent counts bytes of blocks that were read, all that was allowed.
func (l *Limits) HandleReadsSpent(now time.Time, bytes int64) {
	r := &l.reads
	r.bucket.Spend(now, int(bytes))
	r.opensAt = now
	if at, wait := r.bucket.Deadline(now); wait {
		r.opensAt = at
	}
}

// AllowReads lets peers of a torrent, or with NoTorrent all peers, deliver more when
// it is time, and tells the shell of a limit that is new. No block is larger than
// block bytes.
func (l *Limits) AllowReads(now time.Time, id boundary.TorrentID, block int64, out *boundary.Effects) {
	r := &l.reads
	due := !r.opensAt.IsZero() && !now.Before(r.opensAt)
	if r.limit == r.told && !due {
		return
	}
	r.told, r.opensAt = r.limit, time.Time{}
	a := boundary.AllowReads{Torrent: id, Bytes: r.bucket.Allow(now)}
	if a.Bytes != rate.Unlimited {
		a.Chunk = int(min(max(r.limit/readsPerSecond, readLeast), block))
	}
	if a.Bytes == 0 {
		r.opensAt, _ = r.bucket.Deadline(now)
	}
	out.Allow = append(out.Allow, a)
}

// ReadsAt is when AllowReads has something to allow; the zero time: not before
// HandleReadsSpent.
func (l *Limits) ReadsAt() time.Time { return l.reads.opensAt }

// timeForOwed is how long it takes to read all that is owed, if it comes at once.
func (l *Limits) timeForOwed() time.Duration {
	r := &l.reads
	if r.limit == 0 {
		return 0
	}
	return time.Duration(r.owed/r.limit)*time.Second + time.Duration(r.owed%r.limit)*time.Second/time.Duration(r.limit)
}

// owe notes how many bytes the peers of a torrent owe us.
func (l *limits) owe(bytes int64) {
	l.client.reads.owed += bytes - l.own.reads.owed
	l.own.reads.owed = bytes
}

// patience is how long the answer of a peer may lie unread because of our limits:
// until all that was asked for has been read, if it comes before it.
func (t *Torrent) patience() time.Duration {
	var owed int64
	for _, p := range t.peers {
		owed += int64(p.Requests.Len()) * t.blockMax()
	}
	t.limits.owe(owed)
	return max(t.limits.own.timeForOwed(), t.limits.client.timeForOwed())
}

// blockMax is the size of the largest block.
func (t *Torrent) blockMax() int64 { return min(t.info.PieceLength, wire.BlockSize) }

// HandleReadsSpent takes the news that what might be read has come.
func (t *Torrent) HandleReadsSpent(now time.Time, e boundary.ReadsSpent, out *boundary.Effects) {
	t.limits.own.HandleReadsSpent(now, e.Bytes)
	t.allowReads(now, out)
}

func (t *Torrent) allowReads(now time.Time, out *boundary.Effects) {
	t.limits.own.AllowReads(now, t.cfg.ID, t.blockMax(), out)
}
