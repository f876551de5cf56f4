package boundary

// AllowReads lets the connections of a torrent, or with NoTorrent all that have
// one, deliver bytes of blocks: so many, counted as they come, a whole block or
// not. When they have come, nothing is read from any of them, ReadsSpent says so,
// and the next AllowReads lets them go on.
type AllowReads struct {
	Torrent TorrentID
	Bytes   int64 // 0: nothing is read before the next one; rate.Unlimited: there is no limit
	Chunk   int   // the most that one read may deliver, in bytes; 0: as much as it likes
}

// ReadsSpent answers AllowReads, unless that has allowed nothing, or all.
type ReadsSpent struct {
	Torrent TorrentID
	Bytes   int64 // of blocks that have come since the last ReadsSpent
}

func (ReadsSpent) event() {}
