package scenarios

// Scenario is one swarm and what happens to it, as plain data: with a seed it
// determines a run to the last event. Zero values mean what the comments say;
// only a name, a torrent, an actor and an expectation are required.
type Scenario struct {
	Name  string   `yaml:"name"`            // without spaces and slashes
	About string   `yaml:"about,omitempty"` // what it is to show, for people
	Seed  uint64   `yaml:"seed,omitempty"`  // used unless another one is asked for; 0: 1
	Until Duration `yaml:"until,omitempty"` // the run is over then at the latest; 0: 10 minutes
	IPv6  bool     `yaml:"ipv6,omitempty"`  // all hosts have IPv6 addresses and no others
	Dual  bool     `yaml:"dual,omitempty"`  // all hosts have an IPv4 and an IPv6 address

	Torrent     Torrent   `yaml:"torrent"`               // what is shared
	Trackers    []Tracker `yaml:"trackers,omitempty"`    // none: one, all defaults
	Trackerless bool      `yaml:"trackerless,omitempty"` // there is none: actors find those whom they know
	Link        *Link     `yaml:"link,omitempty,flow"`   // of actors that have none of their own; nil: a home connection
	NATs        []NAT     `yaml:"nats,omitempty"`        // routers, behind which actors can be
	Actors      []Actor   `yaml:"actors"`                // who is there

	Actions []Action      `yaml:"actions,omitempty"` // what is done to them, and when
	Expect  []Expectation `yaml:"expect"`            // what must come of it
}

// Torrent is what is shared. Its bytes follow from the seed of the run.
type Torrent struct {
	Piece Size   `yaml:"piece"`           // the piece length
	Size  Size   `yaml:"size,omitempty"`  // of a torrent of one file
	Files []File `yaml:"files,omitempty"` // or the files of one with many

	Private bool `yaml:"private,omitempty"` // BEP 27: peers come from the trackers only
}

// File is a file of a torrent with many.
type File struct {
	Path string `yaml:"path"`           // parts separated by slashes
	Size Size   `yaml:"size,omitempty"` // of the file; 0: it is empty
	Pad  bool   `yaml:"pad,omitempty"`  // padding (BEP 47): zeros that are on no disk
}

// Tracker is a tracker. It can be the Who of actions.
type Tracker struct {
	Name     string   `yaml:"name,omitempty"`     // "" for the only one: "tracker"
	Tier     int      `yaml:"tier,omitempty"`     // as of BEP 12, counted from 0
	Interval Duration `yaml:"interval,omitempty"` // between announces; 0: one minute
	Down     bool     `yaml:"down,omitempty"`     // from the start, until the action tracker-up

	MinInterval Duration `yaml:"min-interval,omitempty"` // 0: the tracker says nothing of it
	Latency     Duration `yaml:"latency,omitempty"`      // of its link, one way; 0: that of a data centre
	Manner      string   `yaml:"manner,omitempty"`       // how it fails who asks; none: it does not
	UDP         bool     `yaml:"udp,omitempty"`          // it is asked by datagrams (BEP 15), else by HTTP
	Host        string   `yaml:"host,omitempty"`         // the name in its URL, which stands for its addresses; none: its address is
	TellIP      bool     `yaml:"tell-ip,omitempty"`      // it says where it sees who asks (BEP 24)
}

// Link is how a host is connected.
type Link struct {
	Up      Rate     `yaml:"up,omitempty"`      // 0: without limit
	Down    Rate     `yaml:"down,omitempty"`    // the same
	Latency Duration `yaml:"latency,omitempty"` // one way, to the middle of the internet
	Jitter  Duration `yaml:"jitter,omitempty"`  // at most this much more, evenly distributed
	Tail    bool     `yaml:"tail,omitempty"`    // jitter has a heavy tail: now and then it is many times as much
	Queue   Size     `yaml:"queue,omitempty"`   // at the slow end; 0: a quarter of a second's worth
	Corrupt int      `yaml:"corrupt,omitempty"` // bytes of connections per thousand million that arrive with a bit flipped

	Loss      int  `yaml:"loss,omitempty"`      // of datagrams, so many per million are lost
	Duplicate int  `yaml:"duplicate,omitempty"` // arrive twice
	Reorder   int  `yaml:"reorder,omitempty"`   // are overtaken by later ones
	MTU       Size `yaml:"mtu,omitempty"`       // larger datagrams vanish; 0: none do

	Rates []RateStep `yaml:"rates,omitempty,flow"` // in the place of Up and Down: what they are over time, again and again

	MaxRead  Size `yaml:"max-read,omitempty"`  // at most so many bytes at a time are read from a connection; 0: no limit
	MaxWrite Size `yaml:"max-write,omitempty"` // the same of bytes written
}

// RateStep is a part of a link's rates over time.
type RateStep struct {
	For  Duration `yaml:"for"`            // how long it lasts
	Up   Rate     `yaml:"up,omitempty"`   // 0: without limit
	Down Rate     `yaml:"down,omitempty"` // the same
}

// NAT is a router with one address, behind which actors can be.
type NAT struct {
	Name    string   `yaml:"name"`              // what the NAT of an actor says
	Kind    string   `yaml:"kind"`              // full cone, address-restricted, port-restricted or symmetric
	Timeout Duration `yaml:"timeout,omitempty"` // of its mappings of connections; 0: a little above two hours
}

// Kind says what an Actor is.
type Kind string

// The kinds of actors.
const (
	Seed    Kind = "seed"    // a client that has everything
	Leech   Kind = "leech"   // a client that lacks something
	Hostile Kind = "hostile" // a scripted peer that does not behave
)

// Actor is a host and what runs on it, or several of the same kind.
type Actor struct {
	Name  string   `yaml:"name"`                 // what actions and expectations say
	Kind  Kind     `yaml:"kind"`                 // seed, leech or hostile
	Count int      `yaml:"count,omitempty"`      // above 1 they are called name-1, name-2, …
	Link  *Link    `yaml:"link,omitempty,flow"`  // none: that of the scenario
	Start Duration `yaml:"start,omitempty"`      // when it comes
	Knows []string `yaml:"knows,omitempty,flow"` // actors whose addresses it is given at the start
	NAT   string   `yaml:"nat,omitempty"`        // that it is behind; none: it is not behind any

	// Personality says how a hostile actor misbehaves. What follows is for
	// clients alone.
	Personality string `yaml:"personality,omitempty"`

	Has        string `yaml:"has,omitempty"`             // pieces on disk at the start, such as "0-9,12"
	Priorities []int  `yaml:"priorities,omitempty,flow"` // one a file; none: all 1
	Slots      *int   `yaml:"slots,omitempty"`           // regular upload slots; nil: the client's default
	Optimistic *int   `yaml:"optimistic,omitempty"`      // optimistic ones
	MaxPeers   int    `yaml:"max-peers,omitempty"`       // 0: the client's default
	UpLimit    Rate   `yaml:"up-limit,omitempty"`        // of its payload; 0: no limit
	DownLimit  Rate   `yaml:"down-limit,omitempty"`      // the same of what comes to it
	Disk       Rate   `yaml:"disk,omitempty"`            // of its disk; 0: an SSD
	Capacity   Size   `yaml:"capacity,omitempty"`        // of its disk; 0: endless
	DiskStep   Size   `yaml:"disk-step,omitempty"`       // most bytes its disk moves at a time; 0: no limit
	Resume     bool   `yaml:"resume,omitempty"`          // keeps its piece cache in a file, and begins with it
	SeedMode   bool   `yaml:"seed-mode,omitempty"`       // takes what is on disk on trust, if the sizes are right
	Damaged    string `yaml:"damaged,omitempty"`         // pieces on disk at the start whose bytes are not right
	Handles    int    `yaml:"handles,omitempty"`         // most files it may have open; 0: no limit
	NoFast     bool   `yaml:"no-fast,omitempty"`         // does not offer the Fast extension (BEP 6)
	Quota      Size   `yaml:"quota,omitempty"`           // of its user on its disk; 0: none
	Filesystem string `yaml:"filesystem,omitempty"`      // of its disk: windows, macos or fat32; none: as on Linux
}

// Verb says what an Action does.
type Verb string

// The verbs, and what Who and With name.
const (
	DoStart   Verb = "start"     // Who: clients whose torrent goes on after pause or stop
	DoPause   Verb = "pause"     //
	DoStop    Verb = "stop"      //
	DoCheck   Verb = "hashcheck" // Who: clients that check all pieces anew
	DoRemove  Verb = "remove"    // Who: clients that forget the torrent; when they have, somebody deletes its files
	DoLeave   Verb = "leave"     // Who: clients that close properly, for good
	DoKill    Verb = "kill"      // Who: actors whose host loses its power, and its disk what was not synced, or what Disk says
	DoRestart Verb = "restart"   // Who: clients whose process ends without a word and is started again, or whose host has come back

	// Of these, Who and With may be trackers too. Where With names nobody, it is
	// everybody.
	DoPartition Verb = "partition" // Who and With: cut off from each other; with OneWay, only what Who sends is lost
	DoStall     Verb = "stall"     // Who and With: their connections with each other stand still, and nobody gives up
	DoSwizzle   Verb = "swizzle"   // Who: a random half is cut off from all, one after the other, and let go in another order, all within For
	DoHeal      Verb = "heal"      // all partitions and stalls
	DoReset     Verb = "reset"     // Who and With: their connections with each other break; With is not everybody
	DoLink      Verb = "link"      // Who: gets Link
	DoRefuse    Verb = "refuse"    // Who: takes no incoming connection any more, in the way of Incoming
	DoAccept    Verb = "accept"    // Who: does again
	DoFreeze    Verb = "freeze"    // Who: for the time of For, the program does not run, while its system goes on
	DoSuspend   Verb = "suspend"   // Who: for the time of For, the computer sleeps

	DoMeddle Verb = "meddle" // Who and With: actors; messages from Who to With suffer what Message says
	DoClock  Verb = "clock"  // Who: actors whose clock goes as Clock says
	DoMove   Verb = "move"   // Who: actors that lose their address and get another one

	DoTrackerDown Verb = "tracker-down" // Who: trackers that answer no more
	DoTrackerUp   Verb = "tracker-up"   // Who: trackers that answer again
	DoName        Verb = "name"         // Who: trackers with a Host, which stands for what Name says from now on
	DoDiskFull    Verb = "disk-full"    // Who: clients on whose disk nothing more fits
	DoDiskFree    Verb = "disk-free"    // Who: clients on whose disk there is room again, for its user too
	DoDiskFault   Verb = "disk-fault"   // Who: clients whose disk goes wrong from now on, in the way of Disk
	DoDiskHeal    Verb = "disk-heal"    // Who: clients whose disk does what it should again
	DoDiskMeddle  Verb = "disk-meddle"  // Who: clients with whose files somebody else does what Disk says
	DoSlots       Verb = "slots"        // Who: clients that have Slots regular upload slots from now on, and no optimistic ones, until they end
	DoMoveStorage Verb = "move-storage" // Who: clients that move the files of the torrent to the directory To
	DoPriorities  Verb = "priorities"   // Who: clients that want the files by Priorities from now on
	DoLimits      Verb = "limits"       // Who: clients that keep to Limits from now on, until they end
	DoFilter      Verb = "filter"       // Who: clients that speak with the actors of With no more, but with all others
)

// Action is something that is done to the swarm.
type Action struct {
	At   Duration `yaml:"at"`                  // when, counted from the start of the run
	Do   Verb     `yaml:"do"`                  // what is done; it says which of the fields below it takes
	For  Duration `yaml:"for,omitempty"`       // after this it is undone; 0: it is not
	Who  []string `yaml:"who,omitempty,flow"`  // to whom: actors, trackers, or single ones of several, such as leech-2
	With []string `yaml:"with,omitempty,flow"` // the others that it concerns
	Link *Link    `yaml:"link,omitempty,flow"` // for the verb link

	Every Duration `yaml:"every,omitempty"` // it is done again and again, so long after the last time
	Times int      `yaml:"times,omitempty"` // and so often in all

	OneWay   bool      `yaml:"one-way,omitempty"`       // for the verb partition: only what Who sends is lost
	Incoming *Incoming `yaml:"incoming,omitempty,flow"` // none: all are refused
	Message  *Message  `yaml:"message,omitempty,flow"`  // for the verb meddle
	Clock    *Clock    `yaml:"clock,omitempty,flow"`    // for the verb clock
	Name     *Name     `yaml:"name,omitempty,flow"`     // for the verb name

	Priorities []int  `yaml:"priorities,omitempty,flow"` // one a file
	Slots      *int   `yaml:"slots,omitempty"`           // for the verb slots: how many regular upload slots
	To         string `yaml:"to,omitempty"`              // a directory, absolute; what is below /mnt is on another filesystem

	Limits *Limits `yaml:"limits,omitempty,flow"` // for the verb limits

	Disk *Disk `yaml:"disk,omitempty,flow"` // for the verbs disk-fault, disk-meddle and kill
}

// Name is what name servers say of a name. Without a word in it, there is no such
// name.
type Name struct {
	For    []string `yaml:"for,omitempty,flow"`   // actors and trackers: their addresses
	Addrs  []string `yaml:"addrs,omitempty,flow"` // and these
	Late   Duration `yaml:"late,omitempty"`       // so much longer than usual takes the answer
	Silent bool     `yaml:"silent,omitempty"`     // there is none
}

// Incoming is what becomes of incoming connections.
type Incoming struct {
	// How is refuse, ignore (there is no answer) or half-open: the dial succeeds,
	// and nothing ever comes.
	How   string `yaml:"how"`
	Limit int    `yaml:"limit,omitempty"` // only of those beyond so many at a time; 0: of all
}

// Message is what becomes of messages between two peers.
type Message struct {
	Kind string   `yaml:"kind,omitempty"` // as the BEPs name them, in lower case, or handshake; none: any
	Nth  int      `yaml:"nth,omitempty"`  // of this kind that one of Who sends to one of With, counted from 1 and from now; 0: each
	Late Duration `yaml:"late,omitempty"` // of delay: so much longer is its way, and that of all that follows
	Byte Size     `yaml:"byte,omitempty"` // of reset-at-byte: counted from the first that the sender says on the connection

	// Fate is drop, or delay, or the connection breaks: reset-before, reset-within
	// and reset-behind the message, or reset-at-byte, right behind Byte, whatever
	// message it is part of; Nth counts connections then.
	Fate string `yaml:"fate"`
}

// Clock is how far a wall clock is from the truth. Timers do not follow it.
type Clock struct {
	Ahead Duration `yaml:"ahead,omitempty"` // it is later there
	Back  Duration `yaml:"back,omitempty"`  // it is earlier there
	Drift int      `yaml:"drift,omitempty"` // from now on, gained per million; below 0: lost
}

// Disk is what happens to a disk. Of disk-fault, the kinds are
//
//	fail       operations fail with Errno
//	short      reads and writes move half of their bytes, then fail with Errno
//	forget     a sync fails with Errno, and the next one does not bring back what it has lost
//	lie        a sync succeeds, and makes nothing durable
//	lose       writes succeed, and do nothing
//	misdirect  writes succeed, and go to where they should not: Size further on
//	rot        reads find a bit flipped, for good
//	flicker    reads find a bit flipped, this once
//	stale      reads find what was durable, and nothing newer
//	slow       operations take Delay more; one that takes long is a stall
//
// of disk-meddle, which is done to the files that Path names,
//
//	delete     the file is gone
//	truncate   the file has Size bytes, and lacks the rest
//	grow       the file has Size bytes, with zeros at the end
//	replace    another file of the same length has its name
//	flip       a bit of byte From is flipped
//
// and of kill, which needs no Disk,
//
//	nothing    of what was not synced nothing survives; so it is without Disk
//	all        all has just been written
//	random     a part of it survives, as the order of things allows
//	torn       the same, and writes are torn at any sector
type Disk struct {
	Kind  string   `yaml:"kind"`               // one of the above
	Errno string   `yaml:"errno,omitempty"`    // such as ENOSPC; none: EIO
	Ops   []string `yaml:"ops,omitempty,flow"` // which operations; none: all that it can happen to
	// Path of a file of the torrent as the torrent has it, or an absolute path:
	// of a file, of a directory with all below it, or with * and ?; none: all in
	// the download directory.
	Path    string   `yaml:"path,omitempty"`
	From    Size     `yaml:"from,omitempty"`    // the bytes of a file that are concerned; only reads and writes have any
	To      Size     `yaml:"to,omitempty"`      // up to which; 0: to the end
	Size    Size     `yaml:"size,omitempty"`    // of a file, or how far misdirect goes
	After   int      `yaml:"after,omitempty"`   // as many operations go well first
	Count   int      `yaml:"count,omitempty"`   // as many go wrong; 0: all
	Percent int      `yaml:"percent,omitempty"` // of them go wrong, by chance; 0: all
	Delay   Duration `yaml:"delay,omitempty"`   // of slow: so much longer take operations
}

// Expectation is what must hold. Check names the rule; the rule says which of
// the other fields it reads.
type Expectation struct {
	Check   string   `yaml:"check"`              // what must hold; it says which of the fields below it reads
	Who     []string `yaml:"who,omitempty,flow"` // none: all clients
	Of      []string `yaml:"of,omitempty,flow"`  // the others that the rule speaks of
	After   Duration `yaml:"after,omitempty"`    // not sooner than this, counted from the start of the run
	Within  Duration `yaml:"within,omitempty"`   // not later than this, counted the same
	Time    Duration `yaml:"time,omitempty"`     // a length of time
	Slack   Duration `yaml:"slack,omitempty"`    // so much it may be off
	Bytes   Size     `yaml:"bytes,omitempty"`    // how many
	Percent int      `yaml:"percent,omitempty"`  // how much of something
	Count   int      `yaml:"count,omitempty"`    // how many
	File    string   `yaml:"file,omitempty"`     // of the torrent
	Dir     string   `yaml:"dir,omitempty"`      // a directory, absolute
	Reason  string   `yaml:"reason,omitempty"`   // a word or name that the rule looks for

	// Sometimes: it need not hold in each run, but in one of all that are made with
	// different seeds. A run does not go on for its sake, unless Within says how long.
	Sometimes bool `yaml:"sometimes,omitempty"`
}
