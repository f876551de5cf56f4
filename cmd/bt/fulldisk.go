package main

import (
	"errors"
	"fmt"
	"time"

	"bt/client"
)

// onFull is a flag for what to do about a full disk: to wait for ever, to exit at
// once, or to exit when it has been full for some time.
type onFull struct {
	text  string
	limit *time.Duration // nil: for ever
}

// onFullDefault is time enough to notice and to make room, and short enough that
// a script learns of it.
const onFullDefault = "5m"

func newOnFull() onFull {
	var f onFull
	if err := f.Set(onFullDefault); err != nil {
		panic("bt: " + err.Error())
	}
	return f
}

// Set implements pflag.Value.
func (f *onFull) Set(text string) error {
	var limit span
	switch text {
	case "wait":
		*f = onFull{text: text}
		return nil
	case "exit":
	default:
		if err := limit.Set(text); err != nil {
			return errors.New("neither wait nor exit nor a time like 90s, 30m or 12h")
		}
	}
	*f = onFull{text: text, limit: &limit.d}
	return nil
}

// String implements pflag.Value.
func (f *onFull) String() string { return f.text }

// Type implements pflag.Value.
func (*onFull) Type() string { return "WHAT" }

// diskWaits: a disk takes nothing at present. The client goes on by itself; here
// it is only how long somebody wants to see that.
func (tr *transfer) diskWaits(tk *task, n client.DiskWaits) {
	if diskCode(n.Err) != codeDiskFull {
		return
	}
	tk.watched.full, tk.watched.fullErr = tr.app.clock.Now(), n.Err
	if limit := tk.goal.onFull; limit != nil && *limit == 0 {
		tr.failFull(tk)
	}
}

// fullForLong says that the disk has been full for as long as is to be waited.
func (tk *task) fullForLong(now time.Time) bool {
	w, limit := &tk.watched, tk.goal.onFull
	return limit != nil && w.fullErr != nil && now.Sub(w.full) >= *limit
}

func (tr *transfer) failFull(tk *task) {
	tr.fail(tk, &failure{codeDiskFull, keptError(tk, tk.watched.fullErr)})
}

// waitsText says what a download does whose disk takes nothing.
func waitsText(tk *task, err error) string {
	text := fmt.Sprintf("%v; goes on when that is over", err)
	if limit := tk.goal.onFull; limit != nil && diskCode(err) == codeDiskFull {
		text += ", gives up after " + durationText(*limit)
	}
	return text
}
