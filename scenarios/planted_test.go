//go:build plant

package scenarios

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"time"

	"bt/client"
	"bt/client/boundary"
	"bt/client/wire"
)

// plant is a bug, put between the core of one client and its shell. Each function
// may be nil; all are called in every turn of the client, effects with all that
// the turn has asked for so far, wake with when the next turn is due.
type plant struct {
	event   func(boundary.Event) boundary.Event
	effects func(boundary.Event, *boundary.Effects)
	wake    func(now, next time.Time) time.Time
}

// TestPlanted proves that the oracles see: each bug must set off the oracles it
// is made for, in a scenario in which they are quiet without it.
func TestPlanted(t *testing.T) {
	tests := []struct {
		bug      string
		scenario Scenario
		who      string // the client with the bug, or all of an actor; "": all of them
		rules    []string
		plant    func(*client.Client) plant
	}{
		{"the hash check is disabled", poisoned, "leech", []string{"W8", "D1"}, noHashCheck},
		{"cancel is never sent", lastPieces, "leech", []string{"W7"}, without(wire.Cancel)},
		{"cancel is sent twice", lastPieces, "leech", []string{"W7"}, twice(wire.Cancel)},
		{"requests while choked", onePair, "leech", []string{"W3"}, requestsEarly},
		{"have before the disk", threesome, "leech-1", []string{"W8"}, haveEarly},

		{"handshake with another info-hash", onePair, "leech", []string{"W1"}, wrongInfoHash},
		{"no word of what it has", onePair, "leech", []string{"W2"}, without(wire.HaveNone)},
		{"a bitfield that lies", onePair, "leech", []string{"W2"}, replace(wire.HaveNone, wire.HaveAll)},
		{"a bitfield that comes twice", onePair, "seed", []string{"W2"}, twice(wire.HaveAll)},
		{"request of what is outstanding", onePair, "leech", []string{"W4"}, twice(wire.Request)},
		{"request of no block", onePair, "leech", []string{"W4"}, requestsNothing},
		{"rejects never sent", paused, "seed", []string{"W5"}, without(wire.Reject)},
		{"piece sent twice", onePair, "seed", []string{"W6"}, twice(wire.Piece)},
		{"piece sent while choking", greedy, "seed", []string{"W6"}, servesTheChoked},
		{"piece after a choke", paused, "seed", []string{"W6"}, sendsAfterChoke},
		{"piece after a choke, to an old client", riders, "seed", []string{"W6"}, sendsAfterChoke},
		{"pieces never sent", onePair, "seed", []string{"W5"}, without(wire.Piece)},
		{"pieces never sent, to an old client", riders, "seed", []string{"W5"}, without(wire.Piece)},
		{"have sent twice", threesome, "leech-1", []string{"W8"}, twice(wire.Have)},
		{"never interested", onePair, "leech", []string{"W9"}, without(wire.Interested)},
		{"never uninterested", threesome, "leech-1", []string{"W9"}, without(wire.NotInterested)},
		{"interested twice", onePair, "leech", []string{"W9"}, twice(wire.Interested)},
		{"chokes whom it has just unchoked", onePair, "seed", []string{"W10"}, chokesAtOnce},
		{"no keep-alive", lonely, "leech", []string{"W11"}, without(wire.KeepAlive)},
		{"too many requests", onePair, "leech", []string{"W12"}, floods},
		{"an extended message of no extension", onePair, "leech", []string{"W13"}, extendsUnasked},
		{"upload-only while downloading", threesome, "leech-1", []string{"W15"}, uploadOnly("i0e", "i1e")},
		{"never upload-only", paused, "seed", []string{"W15"}, uploadOnly("i1e", "i0e")},
		{"a message of BEP 6 to who lacks it", riders, "seed", []string{"W13"}, replace(wire.Unchoke, wire.HaveAll)},
		{"handshake in the middle", onePair, "leech", []string{"W14"}, greetsAgain},

		{"blocks that are not the truth", onePair, "seed", []string{"D2"}, misreads},
		{"uploads not counted", onePair, "seed", []string{"D3"}, miscounts},
		{"downloads counted twice", onePair, "leech", []string{"D3"}, hearsDouble},
		{"unwanted files are written", twoOfThree, "leech", []string{"D6"}, followsNobody},
		{"files left open", onePair, "leech", []string{"L3"}, keepsFiles},
		{"the upload limit is forgotten", limited, "seed", []string{"R6"}, forgetsLimits},
		{"the download limit is forgotten", limited, "leech", []string{"R6"}, forgetsLimits},
		{"what was held up is read at once", stalled, "leech", []string{"R6"}, readsAll},
		{"never chokes when there are fewer slots", fewerSlots, "seed", []string{"R4"}, without(wire.Choke)},
		{"never chokes", queueOfIdlers, "seed", []string{"R4"}, without(wire.Choke)},
		{"no started", onePair, "leech", []string{"T1"}, plantAnnounce("event=started", "x=y")},
		{"completed twice", onePair, "leech", []string{"T1"}, plantAnnounce("event=stopped", "event=completed")},
		{"serves what nobody has checked", onTrust, "seed", []string{"D2"}, believesAll},
		{"claims on trust when that is over", onTrust, "seed", []string{"W2"}, claimsAll},
		{"left miscounted", onePair, "leech", []string{"T4"}, plantAnnounce("left=", "left=1")},
		{"downloaded miscounted", onePair, "leech", []string{"T4"}, plantAnnounce("downloaded=", "downloaded=1")},
		{"uploaded miscounted", onePair, "seed", []string{"T4"}, plantAnnounce("uploaded=", "uploaded=1")},
		{"completed by a seed", onePair, "seed", []string{"T1"}, plantAnnounce("event=stopped", "event=completed")},

		{"a stranger is tried", private, "leech", []string{"W16"}, triesStranger},
		{"the DHT is offered", private, "leech", []string{"W16"}, offersDHT},
		{"good pieces fail", threesome, "leech-1", []string{"D4"}, failsGoodPieces},
		{"claims what was not synced", slowPair, "leech", []string{"D5"}, claimsUnsynced},
		{"errors of the disk are ignored", fullDisk, "leech", []string{"D7"}, ignoresErrors},
		{"interest is never told", longPair, "leech", []string{"L1"}, without(wire.Interested)},
		{"who has sent nothing wrong is banned", longPair, "leech", []string{"L1", "D8"}, failsGoodPieces},
		{"wakes up all the time", lonely, "leech", []string{"L2"}, sleepless},
		{"requests never sent", onePair, "leech", []string{"L4"}, without(wire.Request, wire.Cancel)},
		{"dials a hundred at once", lonely, "leech", []string{"R1"}, dialsHundred},
		{"a thousand files stay open", manyFiles, "leech", []string{"R2"}, keepsThousandFiles},
		{"memory without bounds", slowDisk, "leech", []string{"R3"}, forgetsBudget},
		{"asks although the disk is behind", slowDisk, "leech", []string{"R5"}, writesTwice},
		{"dials again at once", resetPair, "leech", []string{"R7"}, dialsAgain},
		{"announces too late", soloLeech, "leech", []string{"T2"}, oversleeps},
		{"announces too early", soloLeech, "leech", []string{"T2"}, hurriesTrackers},
		{"the second tier first", twoTiers, "leech", []string{"T3"}, swapsTrackers},
		{"no started over UDP", udpPair, "leech", []string{"T1"}, withField(actionAnnounce, eventAt, startedEvent, noEvent)},
		{"completed twice over UDP", udpPair, "leech", []string{"T1"}, withField(actionAnnounce, eventAt, stoppedEvent, completedEvent)},
		{"left miscounted over UDP", udpPair, "leech", []string{"T4"}, miscountsUDP},
		{"another key each time over UDP", udpPair, "leech", []string{"T6"}, changesKeyUDP},
		{"a stranger is tried, and the tracker is one over UDP", privateUDP, "leech", []string{"W16"}, triesStranger},
		{"an announce comes twice", udpPair, "leech", []string{"T8"}, repeatsUDP},
		{"a datagram comes twice", udpPair, "leech", []string{"T8"}, echoesUDP},
		{"a connection id is used for ever", udpPair, "leech", []string{"T8"}, keepsConnection},
		{"a connection id is made up", udpPair, "leech", []string{"T8"}, guessesConnection},
		{"tries again too late", deadTracker, "leech", []string{"T5"}, oversleeps},
		{"another key each time", soloLeech, "leech", []string{"T6"}, changesKey},
		{"waits for a mute tracker", muteTracker, "leech", []string{"T7"}, lingers},
		{"serves a favourite", equals, "seed", []string{"F1"}, servesOnly("10.1.0.2")},
		{"chokes who gives most", unequals, "", []string{"F2", "F3"}, spurns("10.1.0.2", "10.1.0.3", "10.1.0.4", "10.1.0.5")},
		{"all slots go in turn", reciprocal, "giver-1", []string{"F5"}, takesTurns},
		{"a newcomer does not take its turn", newcomer, "newcomer", []string{"F4"}, hearsNoUnchoke},
	}
	clean := make(map[string]bool)
	for _, tt := range tests {
		t.Run(tt.bug, func(t *testing.T) {
			if s := tt.scenario; !clean[s.Name] {
				clean[s.Name] = true
				if fired := oraclesFired(s, "", nil); len(fired) > 0 {
					t.Errorf("%s without a bug: %v", s.Name, fired)
				}
			}
			fired := oraclesFired(tt.scenario, tt.who, tt.plant)
			for _, rule := range tt.rules {
				if !slices.ContainsFunc(fired, func(f Failure) bool {
					return f.Rule == "oracle "+rule && (f.Node == tt.who || f.Node == "" || tt.who == "")
				}) {
					t.Errorf("oracle %s is silent; heard: %v", rule, fired)
				}
			}
		})
	}
}

// oraclesFired runs a scenario with a bug in one client, and returns what the
// oracles have to say.
func oraclesFired(s Scenario, who string, bug func(*client.Client) plant) []Failure {
	r := Run(s, 1, Options{onClient: func(name string, c *client.Client) {
		if bug != nil && (who == "" || name == who || strings.HasPrefix(name, who+"-")) {
			p := bug(c)
			c.Tamper(p.event, p.effects)
			c.TamperWake(p.wake)
		}
	}})
	if r.Err != nil {
		return []Failure{{Rule: "run", Detail: r.Err.Error()}}
	}
	return slices.DeleteFunc(r.Failures, func(f Failure) bool { return !strings.HasPrefix(f.Rule, "oracle ") })
}

// The scenarios. What is expected of them does not matter here: that a client
// with a bug fails to complete proves nothing.
var (
	completes = []Expectation{{Check: "complete", Who: []string{"leech"}}}

	onePair = Scenario{
		Name: "pair", Until: Minute, Torrent: Torrent{Piece: 64 * KiB, Size: 8*MiB + 1},
		Actors: []Actor{{Name: "seed", Kind: Seed}, {Name: "leech", Kind: Leech}},
		Expect: completes,
	}
	fewerSlots = Scenario{
		Name: "fewer", Until: 2 * Minute, Torrent: Torrent{Piece: 64 * KiB, Size: 8 * MiB},
		Actors: []Actor{
			{Name: "seed", Kind: Seed},
			{Name: "idle", Kind: Hostile, Personality: "idle", Count: 5},
		},
		Actions: []Action{{At: 30 * Second, Do: DoSlots, Who: []string{"seed"}, Slots: new(1)}},
		Expect:  []Expectation{{Check: "incomplete", Who: []string{"seed"}}},
	}
	limited = Scenario{
		Name: "limited", Until: 2 * Minute, Torrent: Torrent{Piece: 64 * KiB, Size: 4 * MiB},
		Actors: []Actor{
			{Name: "seed", Kind: Seed, UpLimit: 96 * KiBps},
			{Name: "leech", Kind: Leech, DownLimit: 48 * KiBps},
			{Name: "other", Kind: Leech},
		},
		Expect: completes,
	}
	stalled = Scenario{
		Name: "stalled", Until: 2 * Minute, Torrent: Torrent{Piece: 64 * KiB, Size: 2 * MiB},
		Link: &Link{Up: 1 * MiBps, Down: 1 * MiBps, Latency: 20 * Millisecond},
		Actors: []Actor{
			{Name: "seed", Kind: Seed, Count: 6},
			{Name: "leech", Kind: Leech, DownLimit: 48 * KiBps},
		},
		Actions: []Action{{At: 10 * Second, Do: DoStall, Who: theLeech, For: 8 * Second}},
		Expect:  completes,
	}
	threesome = Scenario{
		Name: "trio", Until: Minute, Torrent: Torrent{Piece: 64 * KiB, Size: 2 * MiB},
		Actors: []Actor{{Name: "seed", Kind: Seed}, {Name: "leech", Kind: Leech, Count: 2}},
		Expect: completes,
	}
	queueOfIdlers = Scenario{
		Name: "crowd", Until: 2 * Minute, Torrent: Torrent{Piece: 64 * KiB, Size: 8 * MiB},
		Actors: []Actor{
			{Name: "seed", Kind: Seed, Slots: new(1), Optimistic: new(1)},
			{Name: "idle", Kind: Hostile, Personality: "idle", Count: 6},
		},
		Expect: []Expectation{{Check: "incomplete", Who: []string{"seed"}}},
	}
	lastPieces = Scenario{
		Name: "endgame", Until: 2 * Minute, Torrent: Torrent{Piece: 64 * KiB, Size: 256 * KiB},
		Actors: []Actor{
			{Name: "seed", Kind: Seed, Link: &Link{Up: 32 * KiBps}},
			{Name: "silent", Kind: Hostile, Personality: "silent"},
			{Name: "leech", Kind: Leech, Knows: []string{"seed", "silent"}},
		},
		Expect: completes,
	}
	poisoned = Scenario{
		Name: "poisoned", Until: 2 * Minute, Torrent: Torrent{Piece: 64 * KiB, Size: 1 * MiB},
		Actors: []Actor{
			{Name: "seed", Kind: Seed},
			{Name: "poisoner", Kind: Hostile, Personality: "poisoner"},
			{Name: "leech", Kind: Leech, Knows: []string{"seed", "poisoner", "other"}},
			{Name: "other", Kind: Leech, Link: &Link{Up: 16 * KiBps, Down: 16 * KiBps}},
		},
		Expect: completes,
	}
	greedy = Scenario{
		Name: "greedy", Until: 30 * Second, Torrent: Torrent{Piece: 64 * KiB, Size: 1 * MiB},
		Actors: []Actor{
			{Name: "seed", Kind: Seed},
			{Name: "greedy", Kind: Hostile, Personality: "over-requester", Knows: []string{"seed"}},
		},
		Expect: []Expectation{{Check: "incomplete", Who: []string{"seed"}}},
	}
	onTrust = Scenario{
		Name: "trust", Until: Minute, Torrent: Torrent{Piece: 64 * KiB, Size: 2 * MiB},
		Actors: []Actor{
			{Name: "seed", Kind: Seed, SeedMode: true, Damaged: "8"},
			{Name: "leech", Kind: Leech},
			{Name: "late", Kind: Leech, Start: 20 * Second},
		},
		Expect: completes,
	}
	paused = Scenario{
		Name: "paused", Until: 30 * Second, Torrent: onePair.Torrent, Actors: onePair.Actors,
		Actions: []Action{{At: 3 * Second, Do: DoPause, Who: []string{"seed"}}},
		Expect:  completes,
	}
	riders = Scenario{
		Name: "riders", Until: 4 * Minute, Torrent: onePair.Torrent,
		Actors: []Actor{
			{Name: "seed", Kind: Seed},
			{Name: "rider", Kind: Hostile, Personality: "freerider", Knows: []string{"seed"}},
		},
		Actions: []Action{{At: 3*Minute + 30*Second, Do: DoPause, Who: []string{"seed"}}},
		Expect:  []Expectation{{Check: "incomplete", Who: []string{"seed"}, Within: 4 * Minute}},
	}
	lonely = Scenario{
		Name: "lonely", Until: 5 * Minute, Torrent: Torrent{Piece: 64 * KiB, Size: 1 * MiB},
		Actors: []Actor{
			{Name: "leech", Kind: Leech},
			{Name: "idle", Kind: Hostile, Personality: "lurker", Knows: []string{"leech"}},
		},
		Expect: completes,
	}
)

// without drops messages of some kinds.
func without(kinds ...wire.Kind) func(*client.Client) plant {
	return func(*client.Client) plant {
		return plant{effects: func(_ boundary.Event, out *boundary.Effects) {
			out.Send = slices.DeleteFunc(out.Send, func(s boundary.Send) bool {
				return s.Hello == nil && slices.Contains(kinds, s.Msg.Kind)
			})
		}}
	}
}

// replace sends one kind of message in the place of another.
func replace(from, to wire.Kind) func(*client.Client) plant {
	return func(*client.Client) plant {
		return plant{effects: func(_ boundary.Event, out *boundary.Effects) {
			for i := range out.Send {
				if s := &out.Send[i]; s.Hello == nil && s.Msg.Kind == from {
					s.Msg.Kind = to
				}
			}
		}}
	}
}

// onSend calls do once, after the first message of a kind, and appends what it
// returns.
func onSend(kind wire.Kind, do func(boundary.Send) []boundary.Send) func(*client.Client) plant {
	return func(*client.Client) plant {
		done := false
		return plant{effects: func(_ boundary.Event, out *boundary.Effects) {
			i := slices.IndexFunc(out.Send, func(s boundary.Send) bool { return s.Hello == nil && s.Msg.Kind == kind })
			if !done && i >= 0 {
				done = true
				out.Send = slices.Insert(out.Send, i+1, do(out.Send[i])...)
			}
		}}
	}
}

// twice repeats the first message of a kind.
func twice(kind wire.Kind) func(*client.Client) plant {
	return onSend(kind, func(s boundary.Send) []boundary.Send {
		s.Msg.Data = slices.Clone(s.Msg.Data)
		return []boundary.Send{s}
	})
}

func oneMessage(conn boundary.ConnID, m wire.Message) []boundary.Send {
	return []boundary.Send{{Conn: conn, Msg: m}}
}

var (
	requestsEarly = onSend(wire.Interested, func(s boundary.Send) []boundary.Send {
		return oneMessage(s.Conn, wire.Block{Length: wire.BlockSize}.Message(wire.Request))
	})
	requestsNothing = onSend(wire.Request, func(s boundary.Send) []boundary.Send {
		return oneMessage(s.Conn, wire.Block{Index: 1 << 20, Length: wire.BlockSize}.Message(wire.Request))
	})
	chokesAtOnce = onSend(wire.Unchoke, func(s boundary.Send) []boundary.Send {
		return oneMessage(s.Conn, wire.Message{Kind: wire.Choke})
	})
	sendsAfterChoke = onSend(wire.Choke, func(s boundary.Send) []boundary.Send {
		return oneMessage(s.Conn, wire.Message{Kind: wire.Piece, Length: 1, Data: make([]byte, 1)})
	})
	greetsAgain = onSend(wire.Interested, func(s boundary.Send) []boundary.Send {
		return []boundary.Send{{Conn: s.Conn, Hello: &wire.Handshake{}}}
	})
)

// floods asks for far too much when it is unchoked, a byte at a time.
func floods(*client.Client) plant {
	return plant{effects: func(e boundary.Event, out *boundary.Effects) {
		r, ok := e.(*boundary.Received)
		if !ok || !slices.ContainsFunc(r.Msgs, func(m wire.Message) bool { return m.Kind == wire.Unchoke }) {
			return
		}
		// Each client says that it takes 2000 (reqq of BEP 10).
		for i := range uint32(2000 + 1) {
			out.Send = append(out.Send, oneMessage(r.Conn, wire.Block{Begin: i, Length: 1}.Message(wire.Request))...)
		}
	}}
}

// extendsUnasked sends a message under an id that nobody has given it.
var extendsUnasked = onSend(wire.Interested, func(s boundary.Send) []boundary.Send {
	return oneMessage(s.Conn, wire.Message{Kind: wire.Extended, Sub: 1, Data: []byte("de")})
})

// uploadOnly says something else of whether anything more is wanted.
func uploadOnly(is, said string) func(*client.Client) plant {
	const key = "11:upload_only"
	return func(*client.Client) plant {
		return plant{effects: func(_ boundary.Event, out *boundary.Effects) {
			for i := range out.Send {
				if m := &out.Send[i].Msg; out.Send[i].Hello == nil && m.Kind == wire.Extended {
					m.Data = bytes.Replace(m.Data, []byte(key+is), []byte(key+said), 1)
				}
			}
		}}
	}
}

// servesTheChoked answers by a piece where a reject is due, as long as the
// peer was not unchoked.
func servesTheChoked(*client.Client) plant {
	unchoked := make(map[boundary.ConnID]bool)
	return plant{effects: func(_ boundary.Event, out *boundary.Effects) {
		for i := range out.Send {
			m, conn := &out.Send[i].Msg, out.Send[i].Conn
			unchoked[conn] = unchoked[conn] || m.Kind == wire.Unchoke
			if m.Kind == wire.Reject && !unchoked[conn] {
				m.Kind, m.Data = wire.Piece, make([]byte, m.Length)
			}
		}
	}}
}

// forgetsLimits lets the torrent move as much as it can.
func forgetsLimits(c *client.Client) plant {
	c.Torrents()[0].SetLimits(0, 0)
	return plant{}
}

// readsAll paces its requests, and reads whatever comes.
func readsAll(*client.Client) plant {
	return plant{effects: func(_ boundary.Event, out *boundary.Effects) { out.Allow = nil }}
}

func noHashCheck(*client.Client) plant {
	return plant{event: func(e boundary.Event) boundary.Event {
		if c, ok := e.(boundary.PieceChecked); ok && c.Download {
			c.OK = true
			return c
		}
		return e
	}}
}

// claimsAll says to have everything, whatever it has.
func claimsAll(*client.Client) plant {
	return plant{effects: func(_ boundary.Event, out *boundary.Effects) {
		for i := range out.Send {
			if m := &out.Send[i].Msg; out.Send[i].Hello == nil && m.Kind == wire.Bitfield {
				m.Kind, m.Data = wire.HaveAll, nil
			}
		}
	}}
}

// believesAll takes every piece on disk for right.
func believesAll(*client.Client) plant {
	return plant{event: func(e boundary.Event) boundary.Event {
		if c, ok := e.(boundary.PieceChecked); ok && !c.Download {
			c.OK = true
			return c
		}
		return e
	}}
}

// haveEarly says HAVE when the hash check is asked for.
func haveEarly(*client.Client) plant {
	var conns []boundary.ConnID
	said := make(map[int]bool)
	return plant{
		event: func(e boundary.Event) boundary.Event {
			switch e := e.(type) {
			case *boundary.Received:
				if e.Hello != nil {
					conns = append(conns, e.Conn)
				}
			case boundary.Closed:
				conns = slices.DeleteFunc(conns, func(c boundary.ConnID) bool { return c == e.Conn })
			}
			return e
		},
		effects: func(_ boundary.Event, out *boundary.Effects) {
			out.Send = slices.DeleteFunc(out.Send, func(s boundary.Send) bool {
				return s.Msg.Kind == wire.Have && said[int(s.Msg.Index)]
			})
			for _, c := range out.Check {
				if !c.Download || said[c.Piece] {
					continue
				}
				said[c.Piece] = true
				for _, conn := range conns {
					out.Send = append(out.Send, oneMessage(conn, wire.Message{Kind: wire.Have, Index: uint32(c.Piece)})...)
				}
			}
		},
	}
}

func wrongInfoHash(*client.Client) plant {
	return plant{effects: func(_ boundary.Event, out *boundary.Effects) {
		for i := range out.Send {
			if h := out.Send[i].Hello; h != nil {
				h.InfoHash[0] = 0
			}
		}
	}}
}

func misreads(*client.Client) plant {
	return plant{event: func(e boundary.Event) boundary.Event {
		if r, ok := e.(boundary.BlockRead); ok && r.Block.Begin == 0 {
			r.Data[0] ^= 1
		}
		return e
	}}
}

func miscounts(*client.Client) plant {
	return plant{event: func(e boundary.Event) boundary.Event {
		if s, ok := e.(boundary.Sent); ok {
			s.N /= 2
			return s
		}
		return e
	}}
}

// hearsDouble takes every block twice.
func hearsDouble(*client.Client) plant {
	return plant{event: func(e boundary.Event) boundary.Event {
		if r, ok := e.(*boundary.Received); ok {
			for _, m := range r.Msgs {
				if m.Kind == wire.Piece {
					m.Data = slices.Clone(m.Data)
					r.Msgs = append(r.Msgs, m)
				}
			}
		}
		return e
	}}
}

// keepsFiles does not close files, and says it has.
func keepsFiles(c *client.Client) plant {
	return saysDone(c, func(out *boundary.Effects) *[]boundary.TorrentID { return &out.CloseFiles },
		func(o boundary.FilesOpened) boundary.Event {
			return boundary.FilesClosed{Torrent: o.Torrent, Stamps: o.Stamps}
		})
}

// saysDone withholds an order from the disk, and answers in its place, with the
// files as they looked when they were opened.
func saysDone(c *client.Client, orders func(*boundary.Effects) *[]boundary.TorrentID, answer func(boundary.FilesOpened) boundary.Event) plant {
	var opened boundary.FilesOpened
	return plant{
		event: func(e boundary.Event) boundary.Event {
			if o, ok := e.(boundary.FilesOpened); ok {
				opened = o
			}
			return e
		},
		effects: func(_ boundary.Event, out *boundary.Effects) {
			for range *orders(out) {
				c.Post(answer(opened))
			}
			*orders(out) = nil
		},
	}
}

// announces changes what trackers are told.
func plantAnnounce(from, to string) func(*client.Client) plant {
	return func(*client.Client) plant {
		return plant{effects: func(_ boundary.Event, out *boundary.Effects) {
			for i := range out.Fetch {
				out.Fetch[i].URL = strings.Replace(out.Fetch[i].URL, from, to, 1)
			}
		}}
	}
}
