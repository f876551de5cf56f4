package scenarios

import (
	"fmt"
	"math"
	"math/bits"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"
)

// Duration is a length of time in nanoseconds, in text such as 40ms or 1m30s.
type Duration int64

// Lengths of time.
const (
	Millisecond = Duration(time.Millisecond)
	Second      = Duration(time.Second)
	Minute      = Duration(time.Minute)
)

// Size is a number of bytes, in text such as 12345 or 16KiB.
type Size int64

// Numbers of bytes.
const (
	KiB Size = 1 << 10
	MiB Size = 1 << 20
)

// Rate is in bytes per second, in text such as 512KiB/s or, as links are sold,
// 2Mbit.
type Rate int64

// Rates.
const (
	Kbit        Rate = 1000 / 8
	Mbit        Rate = 1000 * Kbit
	KiBps       Rate = 1 << 10
	MiBps       Rate = 1 << 20
	bytesPerSec Rate = 1
)

type unit struct {
	name string
	size int64
}

// Units from the largest, so that a value is written in the first one that
// divides it.
var (
	sizeUnits = []unit{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"", 1}}
	rateUnits = []unit{
		{"MiB/s", int64(MiBps)}, {"KiB/s", int64(KiBps)},
		{"Mbit", int64(Mbit)}, {"Kbit", int64(Kbit)}, {"B/s", int64(bytesPerSec)},
	}
)

// std returns d as the standard library has it.
func (d Duration) std() time.Duration { return time.Duration(d) }

// String leaves out the zero parts that time.Duration writes at the end.
func (d Duration) String() string {
	s := d.std().String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

func (s Size) String() string { return formatUnits(int64(s), sizeUnits) }

func (r Rate) String() string { return formatUnits(int64(r), rateUnits) }

// MarshalYAML writes the duration as text.
func (d Duration) MarshalYAML() (any, error) { return d.String(), nil }

// MarshalYAML writes the size as text, or as a number if it has no unit.
func (s Size) MarshalYAML() (any, error) {
	if s%KiB != 0 {
		return int64(s), nil
	}
	return s.String(), nil
}

// MarshalYAML writes the rate as text.
func (r Rate) MarshalYAML() (any, error) { return r.String(), nil }

// UnmarshalYAML reads a duration.
func (d *Duration) UnmarshalYAML(n ast.Node) error {
	return scalar(n, func(text string) error {
		v, err := time.ParseDuration(text)
		if err != nil || v < 0 {
			return fmt.Errorf("%q is no duration such as 40ms or 1m30s", text)
		}
		*d = Duration(v)
		return nil
	})
}

// UnmarshalYAML reads a size.
func (s *Size) UnmarshalYAML(n ast.Node) error {
	return scalar(n, func(text string) error {
		v, ok := parseUnits(text, sizeUnits)
		if !ok {
			return fmt.Errorf("%q is no size such as 12345, 16KiB or 4MiB", text)
		}
		*s = Size(v)
		return nil
	})
}

// UnmarshalYAML reads a rate.
func (r *Rate) UnmarshalYAML(n ast.Node) error {
	return scalar(n, func(text string) error {
		v, ok := parseUnits(text, rateUnits)
		if !ok {
			return fmt.Errorf("%q is no rate such as 512KiB/s or 2Mbit", text)
		}
		*r = Rate(v)
		return nil
	})
}

func formatUnits(v int64, units []unit) string {
	for _, u := range units[:len(units)-1] {
		if v != 0 && v%u.size == 0 {
			return strconv.FormatInt(v/u.size, 10) + u.name
		}
	}
	return strconv.FormatInt(v, 10) + units[len(units)-1].name
}

// parseUnits reads a whole number of a unit, or a decimal fraction that is a
// whole number of bytes.
func parseUnits(text string, units []unit) (int64, bool) {
	for _, u := range units {
		number, ok := strings.CutSuffix(text, u.name)
		if !ok {
			continue
		}
		whole, fraction, _ := strings.Cut(strings.TrimSpace(number), ".")
		v, err := strconv.ParseUint(whole+fraction, 10, 63)
		if err != nil {
			return 0, false
		}
		scale := uint64(1)
		for range fraction {
			scale *= 10
		}
		high, low := bits.Mul64(v, uint64(u.size))
		if high != 0 || low%scale != 0 || low/scale > math.MaxInt64 {
			return 0, false
		}
		return int64(low / scale), true
	}
	return 0, false
}
