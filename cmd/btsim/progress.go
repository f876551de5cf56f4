package main

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"

	"bt/scenarios"
	"bt/scenarios/campaign"
)

const (
	// liveEvery is how often the line on a terminal is drawn, plainEvery how often
	// one is written elsewhere.
	liveEvery  = 200 * time.Millisecond
	plainEvery = 30 * time.Second

	// slowRun is how long a run takes that is worth a word, stuckRun that of one that
	// has no end: a thousand times as long as most, on a busy machine.
	slowRun  = 30 * time.Second
	stuckRun = 10 * time.Minute
)

// progress tells how far a campaign is while it goes on: on a terminal in one line
// that stays in its place, elsewhere in a line now and then. What fails is told when
// it is found.
type progress struct {
	out    io.Writer
	live   bool
	config campaign.Config
	giveUp func() // ends the campaign without what is under way
	begin  time.Time
	stop   chan struct{}
	ended  sync.WaitGroup

	mu     sync.Mutex
	runs   int
	kinds  int       // of failures
	last   time.Time // when the last run was over
	warned int       // about the run that would have been next: 1 + how many there were
}

func beginProgress(out io.Writer, c campaign.Config, giveUp func()) *progress {
	p := &progress{out: out, config: c, giveUp: giveUp, begin: time.Now(), last: time.Now(), stop: make(chan struct{})}
	every := plainEvery
	if file, ok := out.(*os.File); ok && term.IsTerminal(int(file.Fd())) && os.Getenv("TERM") != "dumb" {
		p.live, every = true, liveEvery
	}
	p.say("campaign %d, shard %v, %s\n", c.Seed, c.Shard, c.Program)
	p.ended.Go(func() {
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for {
			select {
			case <-p.stop:
				return
			case <-ticker.C:
				p.tick()
			}
		}
	})
	return p
}

// add takes what came of a run.
func (p *progress) add(_ *campaign.Outcome, news []campaign.Failure) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.runs++
	p.kinds += len(news)
	p.last = time.Now()
	for i := range news {
		p.clear()
		p.say("FAIL %s\n", printable(news[i].String()))
	}
}

// tick says how far it is.
func (p *progress) tick() {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	took := now.Sub(p.begin)
	line := fmt.Sprintf("%v, %d runs, %.1f swarms/s, %d kinds of failures",
		took.Round(time.Second), p.runs, float64(p.runs)/took.Seconds(), p.kinds)
	p.clear()
	if now.Sub(p.last) > slowRun && p.warned != p.runs+1 {
		p.warned = p.runs + 1
		k := p.config.Shard.Number(p.runs)
		p.say("run %d takes long: btsim run %s\n", k, scenarios.SwarmName(campaign.SeedOf(p.config.Seed, k)))
	}
	if p.live {
		p.say("%s", line)
	} else {
		p.say("%s\n", line)
	}
	if now.Sub(p.last) > stuckRun {
		p.giveUp()
	}
}

// clear removes the line of a terminal.
func (p *progress) clear() {
	if p.live {
		p.say("\r\x1b[K")
	}
}

// say writes. Nobody needs progress so much that a campaign should end for it.
func (p *progress) say(format string, args ...any) { fmt.Fprintf(p.out, format, args...) }

func (p *progress) end() {
	close(p.stop)
	p.ended.Wait()
	p.clear()
}
