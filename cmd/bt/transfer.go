package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"bt/client"
	"bt/transport"
)

// transfer is one run of a client: it goes on until each of its torrents has
// reached its goal or has failed, or until it is interrupted.
type transfer struct {
	app    *app
	ui     ui
	client *client.Client
	tasks  []*task // in the order of the command line
	cancel context.CancelFunc
	ending atomic.Bool // the client lets go of everything
	saver  *saver
	rates  rateLimits

	mu           sync.Mutex    // held by notice and by watch
	verification map[*task]int // pieces that were found wrong when read back
}

// ui tells somebody how a transfer goes. Its methods are called one at a time,
// but for tick and stopping, which have goroutines of their own.
type ui interface {
	begin(*transfer)
	// interval is how often tick wants to be called; 0: never.
	interval() time.Duration
	tick(*transfer)
	// news brings what has happened to a task, phase when it has entered one.
	news(*task, client.Notice)
	phase(*task, phase)
	failed(*task, error)
	// stopping comes when the client begins to let go of everything.
	stopping(*transfer)
	end(*transfer)
}

// job is one torrent of a transfer to be.
type job struct {
	spec  client.Spec
	goal  goal
	state *torrentState // nil: none is kept
}

// errInterrupted ends a transfer by Ctrl-C.
var errInterrupted = errors.New("interrupted")

// transfer runs a client with the given torrents in the given world.
func (a *app) transfer(ctx context.Context, w client.World, cfg client.Config, jobs []job, u ui) error {
	tr := &transfer{app: a, ui: u, rates: rateLimits{up: cfg.UpLimit, down: cfg.DownLimit}, verification: make(map[*task]int)}
	cfg.OnNotice = tr.notice
	c, err := client.New(w, cfg)
	if err != nil {
		return listenError(cfg.Port, err)
	}
	c.SetMemory(blockMemory)
	tr.client = c
	for _, j := range jobs {
		t, err := c.Add(j.spec)
		if err != nil {
			return err
		}
		tr.tasks = append(tr.tasks, &task{t: t, goal: j.goal, dir: j.spec.Dir, state: j.state, rates: &tr.rates, now: phaseChecking})
	}
	return tr.run(ctx)
}

// blockMemory is for blocks on their way to the disk. Systems take hundreds of
// megabytes a second as long as they have memory of their own for it, and what they
// do not take waits as well at the other end. More would not make it faster, but the
// whole program no longer fit into 64 MiB.
const blockMemory = 8 << 20

// listenError says which port cannot be had. Code 11 is not fitting: it means
// that the same download is under way elsewhere.
func listenError(port int, err error) error {
	if errors.Is(err, transport.ErrAddrInUse) {
		return fail(codeNetwork, "port %d is in use by another program; give another with --port, or 0 for any", port)
	}
	return &failure{codeNetwork, err}
}

func (tr *transfer) run(ctx context.Context) error {
	ctx, tr.cancel = context.WithCancel(ctx)
	defer tr.cancel()
	tr.saver = newSaver(tr.app)
	tr.ui.begin(tr)
	stopTicks := tr.every(tr.ui.interval(), func() {
		tr.rates.look(tr.tasks)
		tr.ui.tick(tr)
	})
	stopWatch := tr.every(tr.watchInterval(), tr.watch)
	told := make(chan struct{})
	context.AfterFunc(ctx, func() {
		defer close(told)
		tr.ending.Store(true)
		for _, tk := range tr.tasks {
			tk.halt(tr.app.clock.Now())
		}
		tr.ui.stopping(tr)
	})
	err := tr.client.Run(ctx) // returns only after ctx has ended
	<-told
	stopTicks()
	stopWatch()
	tr.saver.close()
	tr.ui.end(tr)
	if err != nil {
		tr.app.say("%v", err)
	}
	return tr.outcome()
}

// every calls f at an interval, 0 is never, until the function it returns has
// returned.
func (tr *transfer) every(interval time.Duration, f func()) (stop func()) {
	if interval == 0 {
		return func() {}
	}
	ticker := tr.app.clock.Ticker(interval)
	quit, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			select {
			case <-ticker.C:
				f()
			case <-quit:
				return
			}
		}
	}()
	return func() {
		ticker.Stop()
		close(quit)
		<-ended
	}
}

// outcome is the error of the first task that failed, else what was left undone.
func (tr *transfer) outcome() error {
	for _, tk := range tr.tasks {
		if err := tk.failure(); err != nil {
			return &toldError{err}
		}
	}
	if slices.ContainsFunc(tr.tasks, (*task).unfinished) {
		return &toldError{&failure{codeUnfinished, errInterrupted}}
	}
	return nil
}

// notice takes what the client tells, in its goroutine.
func (tr *transfer) notice(n client.Notice) {
	tk := tr.taskOf(n)
	if tr.isRecord(n) || tk == nil {
		return // a connection that no torrent has to do with
	}
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.ui.news(tk, n)
	if _, ok := n.(client.Checkpointed); ok {
		tr.saver.save(tk)
	}
	if tk.over() {
		return
	}
	switch n := n.(type) {
	case client.HashcheckDone:
		tr.checked(tk)
	case client.Completed:
		tr.complete(tk)
	case client.PieceFailed:
		if tk.phase() == phaseVerifying && !n.Download {
			tr.verification[tk]++
		}
	case client.DiskWaits:
		tr.diskWaits(tk, n)
	case client.DiskWorks:
		tk.watched.fullErr = nil
	case client.FileFailed:
		tr.fail(tk, &failure{diskCode(n.Err), keptError(tk, n.Err)})
	}
}

// keptError adds that not all was in vain.
func keptError(tk *task, err error) error {
	if tk.t.Status().PiecesHad == 0 {
		return err
	}
	return fmt.Errorf("%w; what was verified is kept", err)
}

func (tr *transfer) taskOf(n client.Notice) *task {
	id, ok := torrentOf(n)
	if !ok {
		return nil
	}
	for _, tk := range tr.tasks {
		if tk.t.ID() == id {
			return tk
		}
	}
	return nil
}

// torrentOf says which torrent a notice is about. Of pieces that were verified
// there are too many to look at each.
func torrentOf(n client.Notice) (id client.TorrentID, ok bool) {
	switch n := n.(type) {
	case client.PieceFailed:
		return n.Torrent, true
	case client.HashcheckDone:
		return n.Torrent, true
	case client.Checkpointed:
		return n.Torrent, true
	case client.CacheRefused:
		return n.Torrent, true
	case client.SeedModeEnded:
		return n.Torrent, true
	case client.Completed:
		return n.Torrent, true
	case client.PeerConnected:
		return n.Torrent, true
	case client.PeerDisconnected:
		return n.Torrent, true
	case client.PeerBanned:
		return n.Torrent, true
	case client.TrackerAnswered:
		return n.Torrent, true
	case client.TrackerFailed:
		return n.Torrent, true
	case client.FileFailed:
		return n.Torrent, true
	case client.DiskWaits:
		return n.Torrent, true
	case client.DiskWorks:
		return n.Torrent, true
	case client.ReadFailed:
		return n.Torrent, true
	case client.SyncFailed:
		return n.Torrent, true
	case client.FileChanged:
		return n.Torrent, true
	case client.LeftBehind:
		return n.Torrent, true
	case client.Healed:
		return n.Torrent, true
	}
	return 0, false
}

// checked: a hash check has ended, the first one or that of --verify.
func (tr *transfer) checked(tk *task) {
	switch phase := tk.phase(); {
	case phase == phaseVerifying && tr.verification[tk] > 0:
		tr.fail(tk, fail(codeVerification, "%s changed on disk since the download; run the same command again to get them anew",
			count(tr.verification[tk], "piece")))
	case phase == phaseVerifying:
		tr.finish(tk)
	case phase != phaseChecking:
	case tk.t.Complete() && (tk.goal.download || tk.t.Seed()):
		tr.finish(tk) // with --verify every byte was read just now
	case !tk.goal.download:
		s := tk.t.Status()
		tr.fail(tk, incomplete(tk.t.Name(), tk.dir, s.Wanted-s.Left, s.Wanted))
	default:
		tr.enter(tk, phaseDownloading)
	}
}

// incomplete refuses to seed a part.
func incomplete(name, dir string, have, size int64) error {
	return fail(codeVerification, "only %s of %s is in %s, and seeding needs all; 'bt get --seed' downloads the rest",
		percentText(have, size), name, dirText(dir))
}

// complete: the download has ended.
func (tr *transfer) complete(tk *task) {
	if !tk.goal.verify {
		tr.finish(tk)
		return
	}
	tr.enter(tk, phaseVerifying)
	if err := tk.t.Hashcheck(indices(tk.t.Bitfield())...); err != nil {
		panic("bt: pieces that are had are out of range: " + err.Error())
	}
}

// indices lists the bits that are set, as on the wire: the first is the highest
// of the first byte.
func indices(bitfield []byte) []int {
	set := []int{}
	for i := range len(bitfield) * 8 {
		if bitfield[i/8]&(0x80>>(i%8)) != 0 {
			set = append(set, i)
		}
	}
	return set
}

// finish: all is here.
func (tr *transfer) finish(tk *task) {
	if tk.goal.seed {
		tr.enter(tk, phaseSeeding)
		return
	}
	tr.enter(tk, phaseDone)
	tr.maybeEnd()
}

func (tr *transfer) enter(tk *task, p phase) {
	tk.enter(p, tr.app.clock.Now())
	tr.ui.phase(tk, p)
}

func (tr *transfer) fail(tk *task, err error) {
	tk.fail(err, tr.app.clock.Now())
	tr.ui.failed(tk, err)
	tk.t.Stop()
	tr.maybeEnd()
}

// maybeEnd closes the client when no torrent needs it any more.
func (tr *transfer) maybeEnd() {
	if !slices.ContainsFunc(tr.tasks, func(tk *task) bool { return !tk.over() }) {
		tr.cancel()
	}
}
