package scenarios

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"bt/client"
)

// account is what the referee has counted for a client.
type account struct {
	down, up bounds
	left     bounds // the length of the pieces that it wants and lacks: the least and the most since
}

func (w *watched) account() account {
	l := account{down: w.traffic.down, up: w.traffic.up, left: bounds{w.left, w.left}}
	for _, v := range w.views {
		l.down.add(v.traffic.downBounds(w.o.now()))
		l.up.add(v.traffic.up)
	}
	return l
}

// lack notes that a piece is wanted and not had, and unlack that this is over.
func (w *watched) lack(p int) {
	if !w.lacked.has(p) {
		w.lacked.set(p)
		w.left += w.o.truth.meta.Info.PieceSize(p)
	}
}

func (w *watched) unlack(p int) {
	if w.lacked.has(p) {
		w.lacked.clear(p)
		w.left -= w.o.truth.meta.Info.PieceSize(p)
	}
}

// accountsMax is how many announces to one tracker may be on their way at once:
// one over each family, of which one may have been overtaken; and a repetition
// carries what was true when it was first sent.
const accountsMax = 4

// handleAsked keeps what was counted when an announce was made up. Its bytes are
// seen later, when there is a connection to the tracker.
func (w *watched) handleAsked(n client.TrackerAsked) {
	if w.accounts == nil {
		w.accounts = make(map[string][]account)
	}
	_, tracker, _ := strings.Cut(n.URL, "://")
	now := w.account()
	if !w.frozenUntil().Equal(w.o.now()) {
		w.asleep = false
	} else if w.asleep { // it wakes up, and may not have heard yet of what it is to want
		now.left = bounds{min(w.left, w.leftAsleep), max(w.left, w.leftAsleep)}
	}
	list := append(w.accounts[tracker], now)
	w.accounts[tracker] = list[max(len(list)-accountsMax, 0):]
}

// noteLeft is told before and after what is left becomes more, as other files come to
// be wanted, or a piece is lost: an announce that waits for the name of its tracker is
// made up when that is known, and seen later still.
func (w *watched) noteLeft() {
	for _, list := range w.accounts { // each on its own: the order has no effect
		for i := range list {
			was := &list[i].left
			was.low, was.high = min(was.low, w.left), max(was.high, w.left)
		}
	}
}

// accountsWith are all of those for a tracker that is asked by datagrams, which
// may be repeated and overtaken. A datagram does not say by which name
// its receiver was found: then they are those for any.
func (w *watched) accountsWith(tracker string) (list []account) {
	if list = w.accounts[tracker]; list != nil {
		return list
	}
	for _, name := range slices.Sorted(maps.Keys(w.accounts)) {
		list = append(list, w.accounts[name]...)
	}
	return list
}

// judgeLedger is T4: what a client tells a tracker of its traffic is what the
// referee has counted since it was started, between the time when it was made up
// and now, and so is what is left.
func (w *watched) judgeLedger(tracker string, q url.Values) {
	list := w.accounts[tracker]
	if len(w.host.Addrs()) == 1 {
		list = list[max(len(list)-1, 0):] // else a way over the other family may be slow
	}
	w.judgeAccounts(tracker, list, q)
}

// judgeAccounts is the same for an announce that was made up at any of several
// times.
func (w *watched) judgeAccounts(tracker string, list []account, q url.Values) {
	switch {
	case w.frozen():
		return // it is told only now of what has left and come meanwhile
	case len(list) == 0:
		w.violation("T4", "to %s: an announce out of nowhere", tracker)
		return
	}
	now := w.account()
	wrong := ""
	for _, was := range list {
		if wrong = was.judge(&now, q); wrong == "" {
			return
		}
	}
	w.violation("T4", "to %s: %s", tracker, wrong)
}

// judge says what is wrong with an announce that was made up when the account was
// was, and sent by now.
func (was *account) judge(now *account, q url.Values) (wrong string) {
	for _, c := range []struct {
		name string
		b    bounds
	}{
		{"downloaded", bounds{was.down.low, now.down.high}},
		{"uploaded", bounds{was.up.low, now.up.high}},
		{"left", bounds{min(was.left.low, now.left.low), max(was.left.high, now.left.high)}},
	} {
		n, err := strconv.ParseInt(q.Get(c.name), 10, 64)
		switch {
		case err != nil:
			return fmt.Sprintf("%s is %q", c.name, q.Get(c.name))
		case !c.b.hold(n):
			return fmt.Sprintf("%d bytes %s, the referee counts %d to %d", n, c.name, c.b.low, c.b.high)
		}
	}
	return ""
}
