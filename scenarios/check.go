package scenarios

import (
	"maps"
	"slices"
	"time"

	"bt/client"
	"bt/client/wire"
)

// check is one expectation under observation. It may also be any of the
// interfaces below.
type check interface {
	// finish gives the verdict when the run is over, before clients close.
	finish()
}

type (
	// completer hears of every node that has become complete, once.
	completer interface{ completed(*node) }
	// noticer hears every notice of every client.
	noticer interface{ notice(*node, client.Notice) }
	// listener hears every message that is sent, and of every connection's end.
	listener interface {
		sent(message)
		hungUp(from, to string)
	}
	// sampler looks at the swarm once a second.
	sampler interface{ sample() }
	// closer gives a verdict when all clients have closed.
	closer interface{ closed() }
)

// message is one message of a client, as it hands it to the network.
type message struct {
	at       time.Duration
	from, to string
	wire.Message
}

// checks are the rules that an Expectation can name.
var checks = map[string]func(*watch) check{
	"complete":      newComplete,
	"incomplete":    newIncomplete,
	"had":           newHad,
	"file":          newFileDone,
	"wasted":        newWasted,
	"downloaded":    newDownloaded,
	"uploaded":      newUploaded,
	"bound":         newBound,
	"bounded":       newBounded,
	"quiet":         newQuiet,
	"unchoked-time": newUnchokedTime,
	"favours":       newFavours,
	"cancels":       newCancels,
	"snubbed":       newSnubbed,
	"banned":        newBanned,
	"absent":        newAbsent,
	"stopped":       newStopped,
	"news":          newNews,
	"no-news":       newNoNews,
	"explains":      newExplains,
	"backpressure":  newBackpressure,
	"checked":       newChecked,
	"announces":     newAnnounces,
	"connected":     newConnected,
	"drops":         newDrops,
	"given":         newGiven,
	"asked":         newAsked,
	"finished":      newFinished,
	"part":          newPart,
	"no-part":       newNoPart,
	"removed":       newRemoved,
	"rechecked":     newRechecked,
	"mended":        newMended,
	"paced":         newPaced,
	"told":          newTold,
	"tier":          newTier,
	"retries":       newRetries,
	"tiers":         newTiers,
	"keyed":         newKeyed,
	"closes":        newCloses,
	"half-open":     newHalfOpen,
	"avoids":        newAvoids,
	"endings":       newEndings,
	"introduced":    newIntroduced,
	"lasts":         newLasts,
	"redials":       newRedials,
	"met":           newMet,
	"ranked":        newRanked,
	"plain-text":    newPlainText,
	"share":         newShare,
	"spared":        newSpared,
	"even":          newEven,
	"tried":         newTried,
	"waits":         newWaits,
	"repeats":       newRepeats,
	"batch":         newBatch,
	"moved":         newMoved,
	"endgame":       newEndgame,
	"rarest":        newRarest,
	"links":         newLinks,
	"failed":        newFailed,
	"written":       newWritten,
	"trusted":       newTrusted,
	"stored":        newStored,
	"kept":          newKept,
	"datagrams":     newDatagrams,
	"families":      newFamilies,
	"heard":         newHeard,
	"reached":       newReached,
}

func checkNames() []string { return slices.Sorted(maps.Keys(checks)) }

// watch is what a check has of the run.
type watch struct {
	run    *run
	expect *Expectation
	who    []*node
	check  check
	waits  bool // wants the run to go on
	missed bool // an expectation with Sometimes does not hold in this run
}

// addChecks makes the checks, and lets them hear what they want to hear.
func (r *run) addChecks() {
	var samplers []sampler
	var listeners []listener
	for i := range r.scenario.Expect {
		e := &r.scenario.Expect[i]
		w := &watch{run: r, expect: e, who: r.nodesOf(e.Who), waits: true}
		r.waiting++
		w.check = checks[e.Check](w)
		r.watches = append(r.watches, w)
		if c, ok := w.check.(noticer); ok {
			r.noticers = append(r.noticers, c)
		}
		if c, ok := w.check.(sampler); ok {
			samplers = append(samplers, c)
		}
		if c, ok := w.check.(listener); ok {
			listeners = append(listeners, c)
		}
		if c, ok := w.check.(marked); ok {
			r.marker.hearers = append(r.marker.hearers, c)
		}
		if e.Sometimes && e.Within == 0 {
			w.satisfied() // what need not come is not waited for
		}
	}
	if len(samplers) > 0 {
		r.every(Second, func() {
			for _, s := range samplers {
				s.sample()
			}
		})
	}
	if len(listeners) > 0 {
		r.listen(listeners)
	}
}

// every lets fn happen again and again until the time is up.
func (r *run) every(d Duration, fn func()) {
	var again func()
	again = func() {
		fn()
		if !r.over {
			r.net.At(d.std(), again)
		}
	}
	r.net.At(d.std(), again)
}

// satisfied says that the run need not go on for the sake of this check.
func (w *watch) satisfied() {
	if w.waits {
		w.waits = false
		w.run.waiting--
	}
}

// until lets the check wait up to a time, or to the end of the run if it is 0.
func (w *watch) until(d Duration) {
	if d > 0 {
		w.run.at(d, w.satisfied)
	}
}

func (w *watch) fail(node, format string, args ...any) {
	if w.expect.Sometimes {
		w.missed = true
		return
	}
	w.run.fail(node, "expectation "+w.expect.Check, format, args...)
}

// of says whether the expectation's Of names the host called name; no names
// stand for all.
func (w *watch) of(name string) bool {
	return len(w.expect.Of) == 0 || named(w.expect.Of, name, w.run.actors[name])
}
