package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// oneWish: programs that end others, like timeout(1), signal the process and then
// its group. That is not somebody who has lost patience.
const oneWish = 200 * time.Millisecond

// interruptible returns a context that ends with the first SIGINT or SIGTERM.
// The second ends the process, whatever it is doing. stop ends that.
func (a *app) interruptible() (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	quit := make(chan struct{})
	go func() {
		var first time.Time
		for {
			select {
			case <-signals:
			case <-quit:
				return
			}
			if a.live() {
				// The terminal has shown ^C where the cursor was; what is drawn
				// again in place goes by the column.
				fmt.Fprint(a.stderr, "\r")
			}
			if ctx.Err() == nil {
				first = a.clock.Now()
				cancel()
			} else if a.clock.Since(first) > oneWish {
				// Not through the console: whoever holds that may be what hangs.
				fmt.Fprintln(a.stderr, "bt: ended at once; what was verified is kept")
				os.Exit(int(codeKilled))
			}
		}
	}()
	return ctx, func() {
		signal.Stop(signals)
		close(quit)
		cancel()
	}
}
