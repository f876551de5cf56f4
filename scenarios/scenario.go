package scenarios

// Scenario is one swarm and what happens to it, as plain data: with a seed it
// determines a run to the last event. Zero values mean what the comments say;
// only a name, a torrent, an actor and an expectation are required.
type Scenario struct {
	Name  string   `yaml:"name"`
	About string   `yaml:"about,omitempty"` // what it is to show, for people
	Seed  uint64   `yaml:"seed,omitempty"`  // used unless another one is asked for; 0: 1
	Until Duration `yaml:"until,omitempty"` // the run is over then at the latest; 0: 10 minutes
	IPv6  bool     `yaml:"ipv6,omitempty"`  // all hosts have IPv6 addresses and no others

	Torrent     Torrent   `yaml:"torrent"`
	Trackers    []Tracker `yaml:"trackers,omitempty"`    // none: one, all defaults
	Trackerless bool      `yaml:"trackerless,omitempty"` // there is none: actors find those whom they know
	Link        *Link     `yaml:"link,omitempty,flow"`   // of actors that have none of their own; nil: a home connection
	Actors      []Actor   `yaml:"actors"`

	Actions []Action      `yaml:"actions,omitempty"`
	Expect  []Expectation `yaml:"expect"`
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
	Path string `yaml:"path"` // parts separated by slashes
	Size Size   `yaml:"size,omitempty"`
	Pad  bool   `yaml:"pad,omitempty"` // padding (BEP 47): zeros that are on no disk
}

// Tracker is an HTTP tracker. It can be the Who of actions.
type Tracker struct {
	Name     string   `yaml:"name,omitempty"`     // "" for the only one: "tracker"
	Tier     int      `yaml:"tier,omitempty"`     // as of BEP 12, counted from 0
	Interval Duration `yaml:"interval,omitempty"` // between announces; 0: one minute
	Down     bool     `yaml:"down,omitempty"`     // from the start, until the action tracker-up

	MinInterval Duration `yaml:"min-interval,omitempty"` // 0: the tracker says nothing of it
	Latency     Duration `yaml:"latency,omitempty"`      // of its link, one way; 0: that of a data centre
	Manner      string   `yaml:"manner,omitempty"`       // how it fails who asks; none: it does not
	UDP         bool     `yaml:"udp,omitempty"`          // its URL is one of BEP 15, and nobody answers there
}

// Link is how a host is connected.
type Link struct {
	Up       Rate     `yaml:"up,omitempty"` // 0: without limit
	Down     Rate     `yaml:"down,omitempty"`
	Latency  Duration `yaml:"latency,omitempty"` // one way, to the middle of the internet
	Jitter   Duration `yaml:"jitter,omitempty"`  // at most this much more, evenly distributed
	Queue    Size     `yaml:"queue,omitempty"`   // at the slow end; 0: a quarter of a second's worth
	MaxRead  Size     `yaml:"max-read,omitempty"`
	MaxWrite Size     `yaml:"max-write,omitempty"` // at most so many bytes at a time; 0: no limit
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
	Name  string   `yaml:"name"`
	Kind  Kind     `yaml:"kind"`
	Count int      `yaml:"count,omitempty"` // above 1 they are called name-1, name-2, …
	Link  *Link    `yaml:"link,omitempty,flow"`
	Start Duration `yaml:"start,omitempty"`
	Knows []string `yaml:"knows,omitempty,flow"` // actors whose addresses it is given at the start

	// Personality says how a hostile actor misbehaves. What follows is for
	// clients alone.
	Personality string `yaml:"personality,omitempty"`

	Has        string `yaml:"has,omitempty"`             // pieces on disk at the start, such as "0-9,12"
	Priorities []int  `yaml:"priorities,omitempty,flow"` // one a file; none: all 1
	Slots      *int   `yaml:"slots,omitempty"`           // regular upload slots; nil: the client's default
	Optimistic *int   `yaml:"optimistic,omitempty"`      // optimistic ones
	MaxPeers   int    `yaml:"max-peers,omitempty"`       // 0: the client's default
	UpLimit    Rate   `yaml:"up-limit,omitempty"`        // of its payload; 0: no limit
	DownLimit  Rate   `yaml:"down-limit,omitempty"`      //
	Disk       Rate   `yaml:"disk,omitempty"`            // of its disk; 0: an SSD
	Capacity   Size   `yaml:"capacity,omitempty"`        // of its disk; 0: endless
	DiskStep   Size   `yaml:"disk-step,omitempty"`       // most bytes its disk moves at a time; 0: no limit
	Resume     bool   `yaml:"resume,omitempty"`          // keeps its piece cache in a file, and begins with it
	Handles    int    `yaml:"handles,omitempty"`         // most files it may have open; 0: no limit
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
	DoKill    Verb = "kill"      // Who: actors whose host loses its power, and its disk what was not synced
	DoRestart Verb = "restart"   // Who: clients whose process ends without a word and is started again, or whose host has come back

	DoPartition Verb = "partition" // Who and With: actors cut off from each other
	DoHeal      Verb = "heal"      // all partitions
	DoReset     Verb = "reset"     // Who and With: actors whose connections with each other break
	DoLink      Verb = "link"      // Who: actors that get Link
	DoRefuse    Verb = "refuse"    // Who: actors that take no incoming connection any more
	DoAccept    Verb = "accept"    // Who: actors that do again

	DoTrackerDown Verb = "tracker-down" // Who: trackers that answer no more
	DoTrackerUp   Verb = "tracker-up"   // Who: trackers that answer again
	DoDiskFull    Verb = "disk-full"    // Who: clients on whose disk nothing more fits
	DoDiskFree    Verb = "disk-free"    // Who: clients on whose disk there is room again
	DoSlots       Verb = "slots"        // Who: clients that have Slots regular upload slots from now on, and no optimistic ones, until they end
	DoPriorities  Verb = "priorities"   // Who: clients that want the files by Priorities from now on
)

// Action is something that is done to the swarm.
type Action struct {
	At   Duration `yaml:"at"`
	Do   Verb     `yaml:"do"`
	Who  []string `yaml:"who,omitempty,flow"`
	With []string `yaml:"with,omitempty,flow"`
	Link *Link    `yaml:"link,omitempty,flow"`

	Priorities []int `yaml:"priorities,omitempty,flow"` // one a file
	Slots      *int  `yaml:"slots,omitempty"`
}

// Expectation is what must hold. Check names the rule; the rule says which of
// the other fields it reads.
type Expectation struct {
	Check   string   `yaml:"check"`
	Who     []string `yaml:"who,omitempty,flow"` // none: all clients
	Of      []string `yaml:"of,omitempty,flow"`  // the others that the rule speaks of
	After   Duration `yaml:"after,omitempty"`
	Within  Duration `yaml:"within,omitempty"`
	Time    Duration `yaml:"time,omitempty"`
	Slack   Duration `yaml:"slack,omitempty"`
	Bytes   Size     `yaml:"bytes,omitempty"`
	Percent int      `yaml:"percent,omitempty"`
	Count   int      `yaml:"count,omitempty"`
	File    string   `yaml:"file,omitempty"`
	Reason  string   `yaml:"reason,omitempty"`
}
