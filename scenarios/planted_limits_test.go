//go:build plant

package scenarios

import (
	"bytes"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"bt/client"
	"bt/client/boundary"
	"bt/client/wire"
)

// The scenarios for bugs that show over time, or in who gets what.
var (
	private = Scenario{
		Name: "private", Until: Minute, Torrent: Torrent{Piece: 64 * KiB, Size: 2 * MiB, Private: true},
		Actors: pair(), Expect: completes,
	}
	slowPair = Scenario{
		Name: "slow", Until: 3 * Minute, Torrent: Torrent{Piece: 64 * KiB, Size: 4 * MiB},
		Actors: []Actor{{Name: "seed", Kind: Seed, Link: &Link{Up: 64 * KiBps}}, {Name: "leech", Kind: Leech}},
		Expect: completes,
	}
	fullDisk = Scenario{
		Name: "full", Until: 90 * Second, Torrent: slowPair.Torrent, Actors: slowPair.Actors,
		Actions: []Action{{At: 10 * Second, Do: DoDiskFull, Who: theLeech}},
		Expect:  []Expectation{{Check: "incomplete", Who: theLeech}},
	}
	longPair = Scenario{
		Name: "long", Until: 12 * Minute, Torrent: slowPair.Torrent, Actors: pair(),
		Expect: []Expectation{{Check: "incomplete", Who: theLeech}},
	}
	resetPair = Scenario{
		Name: "reset", Until: Minute, Torrent: slowPair.Torrent, Actors: slowPair.Actors,
		Actions: []Action{{At: 10 * Second, Do: DoReset, Who: theLeech, With: theSeed}},
		Expect:  completes,
	}
	manyFiles = Scenario{
		Name: "files", Until: Minute, Torrent: Torrent{Piece: 64 * KiB, Files: files(200)},
		Actors: pair(), Expect: completes,
	}
	twoOfThree = Scenario{
		Name: "chosen", Until: Minute,
		Torrent: Torrent{Piece: 64 * KiB, Files: []File{
			{Path: "a", Size: 1000 * KiB}, {Path: "b", Size: 1000 * KiB}, {Path: "c", Size: 1000 * KiB},
		}},
		Actors: []Actor{{Name: "seed", Kind: Seed}, {Name: "leech", Kind: Leech, Priorities: []int{1, 0, 1}}},
		Expect: completes,
	}
	slowDisk = Scenario{
		Name: "disk", Until: 30 * Second, Torrent: Torrent{Piece: 1 * MiB, Size: 96 * MiB},
		Link:   &Link{Up: 50 * MiBps, Down: 50 * MiBps, Latency: 5 * Millisecond},
		Actors: []Actor{{Name: "seed", Kind: Seed}, {Name: "leech", Kind: Leech, Disk: 1 * MiBps}},
		Expect: completes,
	}
	soloLeech = Scenario{
		Name: "alone", Until: 10 * Minute, Torrent: onePair.Torrent,
		Actors: []Actor{{Name: "leech", Kind: Leech}}, Expect: completes,
	}
	twoTiers = Scenario{
		Name: "tiers", Until: Minute, Torrent: onePair.Torrent, Actors: soloLeech.Actors,
		Trackers: []Tracker{{Name: "a"}, {Name: "b", Tier: 1}}, Expect: completes,
	}
	deadTracker = Scenario{
		Name: "dead", Until: 10 * Minute, Torrent: onePair.Torrent, Actors: soloLeech.Actors,
		Trackers: []Tracker{{Down: true}}, Expect: completes,
	}
	muteTracker = Scenario{
		Name: "mute", Until: 2 * Minute, Torrent: onePair.Torrent, Actors: soloLeech.Actors,
		Trackers: []Tracker{{Name: "first"}, {Name: "second", Tier: 1, Manner: "mute"}},
		Actions: []Action{
			{At: 20 * Second, Do: DoTrackerDown, Who: []string{"first"}},
			{At: 65 * Second, Do: DoLeave, Who: theLeech},
		},
		Expect: completes,
	}
	equals = Scenario{
		Name: "equals", Until: 6 * Minute, Torrent: Torrent{Piece: 64 * KiB, Size: 4 * MiB},
		Link: &Link{Up: 128 * KiBps, Down: 1 * MiBps, Latency: 20 * Millisecond},
		Actors: []Actor{
			{Name: "seed", Kind: Seed},
			// They give nothing, so that all depends on the seed.
			{Name: "leech", Kind: Leech, Count: 10, Slots: new(0), Optimistic: new(0)},
		},
		Expect: []Expectation{{Check: "complete", Who: theLeech}},
	}
	unequals = Scenario{
		Name: "unequals", Until: 8 * Minute, Torrent: Torrent{Piece: 64 * KiB, Size: 12 * MiB},
		Link: &Link{Up: 128 * KiBps, Down: 1 * MiBps, Latency: 20 * Millisecond},
		Actors: []Actor{
			{Name: "seed", Kind: Seed, Link: &Link{Up: 64 * KiBps, Down: 1 * MiBps, Latency: 20 * Millisecond}},
			{Name: "fast", Kind: Leech, Count: 4},
			{Name: "slow", Kind: Leech, Count: 4, Link: &Link{Up: 48 * KiBps, Down: 1 * MiBps, Latency: 20 * Millisecond}},
		},
		Expect: []Expectation{{Check: "complete"}},
	}
	reciprocal = Scenario{
		Name: "reciprocal", Until: 4 * Minute, Torrent: Torrent{Piece: 64 * KiB, Size: 16 * MiB},
		Link: &Link{Up: 64 * KiBps, Down: 1 * MiBps, Latency: 20 * Millisecond},
		Actors: []Actor{
			{Name: "seed", Kind: Seed},
			{Name: "giver", Kind: Leech, Count: 8},
			{Name: "rider", Kind: Leech, Count: 8, Slots: new(0), Optimistic: new(0)},
		},
		Expect: []Expectation{{Check: "complete"}},
	}
	newcomer = Scenario{
		Name: "newcomer", Until: 6 * Minute, Torrent: Torrent{Piece: 64 * KiB, Size: 24 * MiB},
		Link: &Link{Up: 64 * KiBps, Down: 1 * MiBps, Latency: 20 * Millisecond},
		Actors: []Actor{
			{Name: "seed", Kind: Seed, Slots: new(1)}, {Name: "leech", Kind: Leech, Count: 10},
			{Name: "newcomer", Kind: Leech, Start: 60 * Second},
		},
		Expect: []Expectation{{Check: "incomplete", Who: []string{"newcomer"}}},
	}
)

// files are n small files.
func files(n int) (list []File) {
	for i := range n {
		list = append(list, File{Path: fmt.Sprintf("f%d", i), Size: 20_000})
	}
	return list
}

// once calls do in the first turn of a client, with the effects of that turn.
func once(do func(*boundary.Effects)) func(*client.Client) plant {
	return func(*client.Client) plant {
		done := false
		return plant{effects: func(_ boundary.Event, out *boundary.Effects) {
			if !done {
				done = true
				do(out)
			}
		}}
	}
}

// triesStranger learns of a peer that no tracker has named.
func triesStranger(c *client.Client) plant {
	c.Post(boundary.AddPeers{Torrent: c.Torrents()[0].ID(), Peers: []netip.AddrPort{netip.MustParseAddrPort("203.0.113.5:6881")}})
	return plant{}
}

func offersDHT(*client.Client) plant {
	return plant{effects: func(_ boundary.Event, out *boundary.Effects) {
		for i := range out.Send {
			if h := out.Send[i].Hello; h != nil {
				h.SetDHT()
			}
		}
	}}
}

// failsGoodPieces takes each piece for damaged when it has come first.
func failsGoodPieces(*client.Client) plant {
	failed := make(map[int]bool)
	return plant{event: func(e boundary.Event) boundary.Event {
		if c, ok := e.(boundary.PieceChecked); ok && c.Download && !failed[c.Piece] {
			failed[c.Piece] = true
			c.OK = false
			return c
		}
		return e
	}}
}

// claimsUnsynced takes a sync for done that it has not made.
func claimsUnsynced(c *client.Client) plant {
	return saysDone(c, func(out *boundary.Effects) *[]boundary.TorrentID { return &out.Sync },
		func(o boundary.FilesOpened) boundary.Event {
			return boundary.FilesSynced{Torrent: o.Torrent, Stamps: o.Stamps}
		})
}

// ignoresErrors takes what could not be written for written, and wrong.
func ignoresErrors(*client.Client) plant {
	return plant{event: func(e boundary.Event) boundary.Event {
		switch e := e.(type) {
		case boundary.BlocksWritten:
			e.Err, e.Lost = nil, nil
			return e
		case boundary.PieceChecked:
			e.Err, e.Void = nil, false
			return e
		}
		return e
	}}
}

// sleepless wants a turn every five milliseconds.
func sleepless(*client.Client) plant {
	return plant{wake: func(now, next time.Time) time.Time { return now.Add(5 * time.Millisecond) }}
}

// oversleeps takes its turns a minute and a half late, unless somebody wakes it.
func oversleeps(*client.Client) plant {
	return plant{wake: func(_, next time.Time) time.Time {
		if next.IsZero() {
			return next
		}
		return next.Add(90 * time.Second)
	}}
}

// lingers does so from its end on.
func lingers(*client.Client) plant {
	closing := false
	return plant{
		event: func(e boundary.Event) boundary.Event {
			_, end := e.(boundary.Shutdown)
			closing = closing || end
			return e
		},
		wake: func(_, next time.Time) time.Time {
			if next.IsZero() || !closing {
				return next
			}
			return next.Add(30 * time.Second)
		},
	}
}

var dialsHundred = once(func(out *boundary.Effects) {
	for i := range 100 {
		addr := netip.AddrPortFrom(netip.AddrFrom4([4]byte{203, 0, 113, byte(i)}), clientPort)
		out.Dial = append(out.Dial, boundary.Dial{Conn: boundary.ConnID(1<<40 + 2*i), Addr: addr})
	}
})

// followsNobody has the disk want all files, whatever the user has said: what
// should lie in the part file goes to a file that nobody wants.
func followsNobody(c *client.Client) plant {
	id, once := c.Torrents()[0].ID(), false
	return plant{effects: func(e boundary.Event, out *boundary.Effects) {
		if _, opened := e.(boundary.FilesOpened); opened && !once {
			once = true
			out.MoveFiles = append(out.MoveFiles, boundary.MoveFiles{Torrent: id, Priorities: []int{1, 1, 1}})
		}
	}}
}

func keepsThousandFiles(c *client.Client) plant {
	c.TamperFiles(1000)
	return plant{}
}

// writesTwice counts as written twice what was written once.
func writesTwice(*client.Client) plant {
	return plant{event: func(e boundary.Event) boundary.Event {
		if w, ok := e.(boundary.BlocksWritten); ok {
			w.N *= 8
			return w
		}
		return e
	}}
}

// forgetsBudget does so, and reads on whatever waits for the disk.
func forgetsBudget(c *client.Client) plant {
	c.TamperBudget(1 << 40)
	return writesTwice(c)
}

// dialsAgain dials whom it has lost in the very turn in which it has.
func dialsAgain(*client.Client) plant {
	dials := make(map[boundary.ConnID]netip.AddrPort)
	next := boundary.ConnID(1 << 40)
	return plant{effects: func(e boundary.Event, out *boundary.Effects) {
		for _, d := range out.Dial {
			dials[d.Conn] = d.Addr
		}
		if c, ok := e.(boundary.Closed); ok && dials[c.Conn].IsValid() && c.Conn < 1<<40 {
			next += 2
			out.Dial = append(out.Dial, boundary.Dial{Conn: next, Addr: dials[c.Conn]})
			delete(dials, c.Conn)
		}
	}}
}

// hurriesTrackers hears of shorter intervals than it is told.
func hurriesTrackers(*client.Client) plant {
	return plant{event: func(e boundary.Event) boundary.Event {
		if f, ok := e.(boundary.Fetched); ok {
			f.Body = bytes.Replace(f.Body, []byte("8:intervali60e"), []byte("8:intervali20e"), 1)
			return f
		}
		return e
	}}
}

// swapsTrackers takes one tracker for the other.
func swapsTrackers(c *client.Client) plant {
	tiers := c.Torrents()[0].Meta().Trackers
	a, b := tiers[0][0], tiers[1][0]
	swap := strings.NewReplacer(a, b, b, a)
	return plant{effects: func(_ boundary.Event, out *boundary.Effects) {
		for i := range out.Fetch {
			out.Fetch[i].URL = swap.Replace(out.Fetch[i].URL)
		}
		for i, n := range out.Notify {
			switch n := n.(type) {
			case boundary.TrackerAsked:
				n.URL = swap.Replace(n.URL)
				out.Notify[i] = n
			case boundary.TrackerAnswered:
				n.URL = swap.Replace(n.URL)
				out.Notify[i] = n
			case boundary.TrackerFailed:
				n.URL = swap.Replace(n.URL)
				out.Notify[i] = n
			}
		}
	}}
}

func changesKey(*client.Client) plant {
	n := 0
	return plant{effects: func(_ boundary.Event, out *boundary.Effects) {
		for i := range out.Fetch {
			n++
			out.Fetch[i].URL = strings.Replace(out.Fetch[i].URL, "&key=", fmt.Sprintf("&key=%d", n), 1)
		}
	}}
}

// spurns does not hear that those at some addresses are interested.
func spurns(addrs ...string) func(*client.Client) plant {
	return mishears(func(addr string, k wire.Kind) bool { return k == wire.Interested && slices.Contains(addrs, addr) })
}

// takesTurns serves in turn whoever is interested, whatever it gives.
func takesTurns(c *client.Client) plant {
	c.SetSlots(0, 5)
	return plant{}
}

// servesOnly hears it of nobody but the one at an address.
func servesOnly(favourite string) func(*client.Client) plant {
	return mishears(func(addr string, k wire.Kind) bool { return k == wire.Interested && addr != favourite })
}

// hearsNoUnchoke does not hear what would let it ask for anything.
var hearsNoUnchoke = mishears(func(_ string, k wire.Kind) bool { return k == wire.Unchoke || k == wire.AllowedFast })

// mishears does not hear some messages.
func mishears(miss func(addr string, k wire.Kind) bool) func(*client.Client) plant {
	return func(*client.Client) plant {
		addrs := make(map[boundary.ConnID]string)
		return plant{event: func(e boundary.Event) boundary.Event {
			switch e := e.(type) {
			case boundary.Opened:
				addrs[e.Conn] = e.Remote.Addr().Unmap().String()
			case *boundary.Received:
				e.Msgs = slices.DeleteFunc(e.Msgs, func(m wire.Message) bool { return miss(addrs[e.Conn], m.Kind) })
			}
			return e
		}}
	}
}
