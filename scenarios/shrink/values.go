package shrink

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"bt/scenarios"
)

// simpler lists values to try in the place of a single one, the simplest first.
func simpler(v reflect.Value, how how) (list []reflect.Value) {
	add := func(x reflect.Value) {
		if weight(x) < weight(v) && !slices.ContainsFunc(list, func(y reflect.Value) bool { return x.Equal(y) }) {
			list = append(list, x)
		}
	}
	add(reflect.Zero(v.Type())) // nothing is simpler than nothing
	switch how {
	case smaller:
		for _, n := range rounder(v) {
			add(n)
		}
	case someOf:
		for _, pieces := range piecesOf(v.String()) {
			add(reflect.ValueOf(pieces).Convert(v.Type()))
		}
	}
	slices.SortStableFunc(list, func(a, b reflect.Value) int { return cmp.Compare(weight(a), weight(b)) })
	return list
}

// rounder lists, by way of integers of any type, numbers near a number, and small ones, that may be simpler.
func rounder(v reflect.Value) (list []reflect.Value) {
	n, signed := int64(0), v.CanInt()
	if signed {
		n = v.Int()
	} else {
		n = int64(min(v.Uint(), 1<<62))
	}
	for _, x := range near(n, v.Type()) {
		y := reflect.New(v.Type()).Elem()
		if signed {
			y.SetInt(x)
		} else {
			y.SetUint(uint64(x))
		}
		list = append(list, y)
	}
	return list
}

var (
	durationType = reflect.TypeFor[scenarios.Duration]()
	sizeType     = reflect.TypeFor[scenarios.Size]()
	rateType     = reflect.TypeFor[scenarios.Rate]()
)

// near lists numbers that may do in the place of n. Times are pulled earlier and made
// round; bytes are counted in powers of two; of what is counted, one less may do.
func near(n int64, t reflect.Type) (list []int64) {
	abs, sign := n, int64(1)
	if n < 0 {
		abs, sign = -n, -1
	}
	add := func(x int64) {
		if x > 0 && x != abs {
			list = append(list, sign*x)
		}
	}
	switch t {
	case durationType:
		// From the finest unit to the coarsest: each is tried, the simplest first.
		for unit := int64(scenarios.Millisecond); unit < abs; unit *= 10 {
			add(unit)
			add(abs / unit * unit)     // rounded
			add((abs/unit + 1) * unit) // the same, upwards: not before the other
			add(abs / 2 / unit * unit) // earlier
			add(abs * 9 / 10 / unit * unit)
		}
	case rateType:
		// Faster is simpler, as less of a run depends on the link.
		for unit := int64(1 << 10); unit <= 1<<20; unit *= 2 {
			add(unit)
		}
		fallthrough
	case sizeType:
		// Far below the number only sizes are worth a run that are in use.
		for unit := int64(1); unit < abs; unit *= 2 {
			if unit >= 1<<14 || unit >= abs/4 {
				add(unit)
				add((abs + unit - 1) / unit * unit)
			}
		}
		add(1)
		add(1 << 10)
	default:
		// What is counted goes down by halves, and in the end one by one.
		for unit := int64(1); unit < abs; unit *= 10 {
			add(unit)
			add(abs / unit * unit)
		}
		add(abs / 2)
		add(abs - 1)
	}
	return list
}

// piecesOf lists parts of a list of pieces: each range alone, the first of each, and
// without its last.
func piecesOf(text string) (list []string) {
	for part := range strings.SplitSeq(text, ",") {
		first, last, ok := bounds(part)
		if !ok {
			continue
		}
		list = append(list, pieceRange(first, first), pieceRange(last, last), pieceRange(first, (first+last)/2), pieceRange(first, max(first, last-1)))
		if part != text {
			list = append(list, part)
		}
	}
	return list
}

// bounds reads a range such as 0-9, or a single number.
func bounds(part string) (first, last int, ok bool) {
	if n, _ := fmt.Sscanf(part, "%d-%d", &first, &last); n == 2 {
		return first, last, true
	}
	n, _ := fmt.Sscanf(part, "%d", &first)
	return first, first, n == 1
}

func pieceRange(first, last int) string {
	if first == last {
		return fmt.Sprint(first)
	}
	return fmt.Sprintf("%d-%d", first, last)
}
