package main

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"
)

// limitFlags bound how fast and for how long data is given and taken.
type limitFlags struct {
	up, down speed
	ratio    ratio
	seedTime span
}

func (f *limitFlags) register(flags *pflag.FlagSet) {
	flags.Var(&f.down, "down-limit", "download at most so many bytes a second, all torrents together: 500K, 1.5MiB; 0 is no limit")
	flags.Var(&f.up, "up-limit", "upload at most so many bytes a second")
	flags.Var(&f.ratio, "ratio", "seed until so many times the size was uploaded, earlier runs included")
	flags.Var(&f.seedTime, "seed-time", "seed for so long in this run: 90s, 30m, 12h, 7d")
}

func (f *limitFlags) until() seedGoal {
	g := seedGoal{ratio: float64(f.ratio)}
	if f.seedTime.given {
		g.time = &f.seedTime.d
	}
	return g
}

// speed is a flag for bytes per second.
type speed struct{ size }

// Set implements pflag.Value. A "/s" in the end may be there or not.
func (s *speed) Set(text string) error { return s.size.Set(strings.TrimSuffix(text, "/s")) }

// Type implements pflag.Value.
func (*speed) Type() string { return "SPEED" }

// ratio is a flag for what is uploaded by what is here.
type ratio float64

// Set implements pflag.Value.
func (r *ratio) Set(text string) error {
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || !(f > 0) || math.IsInf(f, 0) {
		return errors.New("not a number above 0; --seed goes on until Ctrl-C")
	}
	*r = ratio(f)
	return nil
}

// String implements pflag.Value.
func (r *ratio) String() string {
	if *r == 0 {
		return ""
	}
	return strconv.FormatFloat(float64(*r), 'f', -1, 64)
}

// Type implements pflag.Value.
func (*ratio) Type() string { return "RATIO" }

// span is a flag for a time: "90s", "1h30m", "7d".
type span struct {
	d     time.Duration
	given bool
}

const day = 24 * time.Hour

// Set implements pflag.Value. A number without a unit is refused: other clients
// count in minutes here and in seconds there.
func (s *span) Set(text string) error {
	d, err := time.ParseDuration(text)
	if digits, ok := strings.CutSuffix(text, "d"); ok {
		var days int64
		days, err = strconv.ParseInt(digits, 10, 64)
		if err == nil && days > int64(math.MaxInt64/day) {
			err = strconv.ErrRange
		}
		d = time.Duration(days) * day
	}
	if err != nil || d < 0 {
		return errors.New("not a time like 90s, 30m, 12h or 7d")
	}
	s.d, s.given = d, true
	return nil
}

// String implements pflag.Value.
func (s *span) String() string {
	if !s.given {
		return ""
	}
	return s.d.String()
}

// Type implements pflag.Value.
func (*span) Type() string { return "TIME" }
