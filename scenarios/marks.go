package scenarios

import (
	"fmt"
	"slices"

	"bt/client"
)

// Mark is a situation that swarms come into now and then: what a search for
// trouble must have been in, or it has looked at less than it seems. Runs are
// watched for them from outside; the expectation "reached" names one.
type Mark struct {
	Name  string
	About string // what has happened then, for people
}

// Marks lists all marks, in the order in which a report has them.
func Marks() []Mark { return slices.Clone(allMarks) }

var allMarks = slices.Concat(situations, closingMarks(), trialMarks())

// situations are what is heard of conversations, and told by clients.
var situations = []Mark{
	{"endgame", "a block is asked of a second peer while a first one owes it"},
	{"cancel", "a request is withdrawn"},
	{"choked-while-asking", "a choke comes while requests are outstanding"},
	{"rejected", "a request is rejected (BEP 6)"},
	{"asked-while-choked", "a piece that is allowed fast is asked for while choked (BEP 6)"},
	{"late-block", "a block comes that is not outstanding any more, or never was"},
	{"interest-lost", "a peer has nothing wanted any more, and is told so"},
	{"keep-alive", "nothing was said for so long that something had to be"},

	{"piece-failed", "a piece fails its hash when it was downloaded"},
	{"piece-mended", "a piece that had failed is downloaded again, and right"},
	{"damage-found", "a hash check finds a piece wrong that was had"},
	{"peer-banned", "a peer is found to have sent bad data"},

	{"disk-full-recovered", "a disk was full, is waited for, and takes something again"},
	{"disk-busy-recovered", "the same of a busy one"},
	{"disk-broken-recovered", "a torrent that its disk has stopped is started again, and completes"},
	{"read-failed", "a piece cannot be read for a peer"},
	{"sync-failed", "what was written may not be durable, and is written again"},
	{"file-changed", "somebody else has changed a file, and it is found out"},

	{"resumed", "a client begins with its piece cache, and believes it"},
	{"part-file", "bytes of an unwanted file are kept in the part file"},
	{"part-file-promoted", "they go into their file, which is wanted now"},
	{"seed-mode-ended", "what was taken on trust is found wrong"},
	{"storage-moved", "the files of a torrent are in another directory"},

	{"tracker-failed-over", "a tier behind the first one answers, since that has failed"},
	{"tracker-back", "a tracker that had failed answers again"},
	{"udp-repeated", "a datagram to a tracker had no answer, and is sent again"},

	{"partition-healed", "a message comes from where nothing could come from before"},
}

// markedEndings are the ends of connections that have a mark: one for each reason that
// peers and networks can give each other.
var markedEndings = []struct {
	name   string
	reason client.Reason
}{
	{"closed-by-remote", client.ByRemote},
	{"closed-by-network", client.ByRemoteUnspecified}, // and every errno
	{"closed-loopback", client.Loopback},
	{"closed-no-such-torrent", client.NoSuchTorrent},
	{"closed-handshake", client.MalformedHandshake},
	{"closed-preexisting", client.Preexisting},
	{"closed-too-many", client.TooMany},
	{"closed-hashchecking", client.Hashchecking},
	{"closed-packet", client.MalformedPacket},
	{"closed-both-seeds", client.SeedToSeed},
	{"closed-unrequested", client.UnrequestedPiece},
	{"closed-handshake-timeout", client.TimeoutHandshake},
	{"closed-idle", client.Idle},
	{"closed-useless", client.UselessPeer},
	{"closed-banned", client.Banned},
	{"closed-stopped", client.LocalStop},
	{"closed-connect-failed", client.ConnectFailed},
	{"closed-filtered", client.Filtered},
	{"closed-other-tracker", client.OtherTracker},
}

func closingMarks() (list []Mark) {
	for _, e := range markedEndings {
		list = append(list, Mark{e.name, fmt.Sprintf("a client tells that a connection has ended: %v", e.reason)})
	}
	return list
}

// closingMark finds the mark of a reason, "" if it has none.
func closingMark(r client.Reason) string {
	if r > 0 { // an errno: the network has ended it
		r = client.ByRemoteUnspecified
	}
	for _, e := range markedEndings {
		if e.reason == r {
			return e.name
		}
	}
	return ""
}

// trials are the verbs that a client can suffer before it completes: each is a
// mark, as it is what comes afterwards that counts.
var trials = []Verb{
	DoPause, DoStop, DoCheck, DoKill, DoRestart,
	DoPartition, DoStall, DoSwizzle, DoReset, DoLink, DoRefuse, DoFreeze, DoSuspend, DoMeddle, DoClock, DoMove,
	DoTrackerDown, DoName, DoDiskFull, DoDiskFault,
	DoSlots, DoMoveStorage, DoPriorities, DoLimits, DoFilter,
}

const trialPrefix = "outlives-"

func trialMarks() (list []Mark) {
	for _, v := range trials {
		list = append(list, Mark{trialPrefix + string(v), fmt.Sprintf("a client that lacks something suffers %s, and completes", v)})
	}
	return list
}

func markNames() (names []string) {
	for _, m := range allMarks {
		names = append(names, m.Name)
	}
	return names
}
