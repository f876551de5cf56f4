package main

import (
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// meter shows how far a piece of work is that has a known number of bytes.
type meter struct {
	done atomic.Int64
	stop func()
}

// newMeter begins to show progress: a bar on a terminal, a line now and then
// elsewhere, nothing with --quiet or --json.
func (a *app) newMeter(title string, total int64) *meter {
	m := &meter{stop: func() {}}
	switch {
	case a.quiet || a.json:
	case a.live():
		m.draw(a, title, total)
	default:
		m.print(a, title, total)
	}
	return m
}

// add counts n more bytes as done. It may be called from any goroutine.
func (m *meter) add(n int64) { m.done.Add(n) }

// set says that n bytes are done.
func (m *meter) set(n int64) { m.done.Store(n) }

func (m *meter) end() { m.stop() }

func (m *meter) draw(a *app, title string, total int64) {
	box := mpb.New(mpb.WithOutput(a.stderr), mpb.WithRefreshRate(liveInterval))
	st := styleOf(os.Getenv)
	bar := box.MustAdd(0, st.filler(func() float64 {
		if total == 0 {
			return 1
		}
		return float64(m.done.Load()) / float64(total)
	}), mpb.PrependDecorators(decor.Name(title)), mpb.AppendDecorators(decor.Any(func(decor.Statistics) string {
		return percentText(m.done.Load(), total) + "  " + partText(m.done.Load(), total)
	})))
	m.stop = func() {
		bar.Abort(true)
		box.Wait()
	}
}

func (m *meter) print(a *app, title string, total int64) {
	ticker := a.clock.Ticker(lineInterval)
	quit := make(chan struct{})
	var ended sync.WaitGroup
	ended.Go(func() {
		for {
			select {
			case <-ticker.C:
				a.say("%s: %s, %s", title, percentText(m.done.Load(), total), partText(m.done.Load(), total))
			case <-quit:
				return
			}
		}
	})
	m.stop = func() {
		ticker.Stop()
		close(quit)
		ended.Wait()
	}
}

// meterRate is for text about work that is over.
func meterRate(n int64, took time.Duration) string {
	if s := took.Seconds(); s > 0 {
		return rateText(int64(float64(n) / s))
	}
	return rateText(n)
}
