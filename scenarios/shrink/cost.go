package shrink

import (
	"fmt"
	"math/bits"
	"reflect"
	"strconv"
	"strings"

	"bt/scenarios"
)

// Cost says how large a scenario is. What stands first matters most.
type Cost struct {
	Hosts   int // actors, trackers and NATs, each of several counted
	Faults  int // actions, and whatever a link, a disk or a tracker has wrong from the start
	Chances int // faults of which chance decides when or whom they meet, or which meet whatever comes
	Pieces  int // of the torrent
	Length  int // milliseconds that a run may last; 0: it ends by itself when everybody is complete
	Fields  int // that are filled in, and elements of lists
	Weight  int // digits of numbers, how large they are, and letters
}

func (c Cost) String() string {
	return fmt.Sprintf("%s, %s, %s", count(c.Hosts, "host"), count(c.Faults, "action or fault"), count(c.Pieces, "piece"))
}

// count writes a number and a noun, of whose words the last one or the one before an
// "or" takes the plural.
func count(n int, noun string) string {
	if n != 1 {
		noun = strings.ReplaceAll(noun, " or", "s or") + "s"
	}
	return strconv.Itoa(n) + " " + noun
}

// less says that c is simpler than d. As there is no endless descent, neither is there
// an endless search.
func (c Cost) less(d Cost) bool {
	for _, pair := range [...][2]int{
		{c.Hosts, d.Hosts}, {c.Faults, d.Faults}, {c.Chances, d.Chances},
		{c.Pieces, d.Pieces}, {c.Length, d.Length}, {c.Fields, d.Fields}, {c.Weight, d.Weight},
	} {
		if pair[0] != pair[1] {
			return pair[0] < pair[1]
		}
	}
	return false
}

func costOf(s *scenarios.Scenario) Cost {
	c := Cost{Hosts: trackerCount(s) + len(s.NATs), Faults: len(s.Actions), Pieces: pieceCount(&s.Torrent)}
	for i := range s.Actors {
		c.Hosts += max(s.Actors[i].Count, 1)
	}
	if !endsByItself(s) {
		c.Length = int(untilOf(s) / scenarios.Millisecond)
	}
	c.add(reflect.ValueOf(s).Elem())
	c.Weight += nameWeight*len(renames(s)) + torrentWeight(&s.Torrent)
	for i := range s.Actions {
		c.Chances += chances(&s.Actions[i])
	}
	return c
}

// add counts the fields of a struct, or what else v is.
func (c *Cost) add(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i, f := range fieldsOf[v.Type()] {
			// A field that is not written down costs nothing, whatever its default.
			if v.Field(i).IsZero() || f.free {
				continue
			}
			c.Fields++
			c.Faults += f.fault
			c.Chances += f.chance
			c.add(v.Field(i))
		}
	case reflect.Pointer:
		c.add(v.Elem())
	case reflect.Slice:
		c.Fields += v.Len()
		for i := range v.Len() {
			c.add(v.Index(i))
		}
	default:
		c.Weight += weight(v)
	}
}

// A digit weighs more than any power of two does: 13s is simpler than 12.345s, if 10s
// is not possible.
const digitWeight = 64

// nameWeight is that of a name which is not the usual one.
const nameWeight = digitWeight

// fastest is the magnitude of a rate that needs no limit.
const fastest = 63

// torrentWeight says how far a torrent is from one whose pieces, and files, have the
// usual lengths.
func torrentWeight(t *scenarios.Torrent) (n int) {
	odd := func(size, unit scenarios.Size) {
		if size != 0 && size%max(unit, 1) != 0 {
			n += 2*digitWeight + magnitude(int64(size))
		}
	}
	if t.Piece != usualPiece {
		n += weight(reflect.ValueOf(t.Piece))
	}
	odd(t.Size, t.Piece)
	for _, f := range t.Files {
		odd(f.Size, t.Piece)
	}
	return n
}

// weight says how simple a single value is.
func weight(v reflect.Value) int {
	switch n := v.Interface().(type) {
	case string:
		return len(n)
	case bool:
		return 1
	case scenarios.Size:
		// Round is what computers call so: 16KiB, not 16000.
		return digitWeight*oddBits(int64(n)) + magnitude(int64(n))
	case scenarios.Rate:
		if n == 0 {
			return 0
		}
		return digitWeight*oddBits(int64(n)) + fastest - magnitude(int64(n)) // a slow link is a fault, almost
	case uint64:
		return digitWeight*digits(int64(n)) + magnitude(int64(n))
	}
	if v.CanInt() {
		return digitWeight*digits(v.Int()) + magnitude(v.Int())
	}
	return v.Len() // other strings
}

func magnitude(n int64) int { return bits.Len64(uint64(max(n, -n))) }

// digits counts those up to the last that is not 0.
func digits(n int64) int { return len(strings.TrimRight(strconv.FormatInt(n, 10), "0")) }

// oddBits is the same for numbers of bytes, which are round in the way of computers.
func oddBits(n int64) int {
	if n == 0 {
		return 0
	}
	return bits.Len64(uint64(n)) - bits.TrailingZeros64(uint64(n))
}

// chances counts what an action leaves open: whom it meets, or when. "Each message" and
// "all operations" count too, as it is rarely each and all that matter.
func chances(a *scenarios.Action) (n int) {
	open := func(is bool) {
		if is {
			n++
		}
	}
	open(a.Do == scenarios.DoSwizzle)
	if a.Do == scenarios.DoKill && a.Disk != nil {
		open(a.Disk.Kind == "random" || a.Disk.Kind == "torn")
	}
	if m := a.Message; m != nil {
		open(m.Nth == 0)
		open(m.Kind == "" && m.Byte == 0)
	}
	if a.Do == scenarios.DoDiskFault && a.Disk != nil {
		open(a.Disk.Count == 0)
		open(len(a.Disk.Ops) == 0)
	}
	return n
}

func trackerCount(s *scenarios.Scenario) int {
	if s.Trackerless {
		return 0
	}
	return max(len(s.Trackers), 1)
}

func lengthOf(t *scenarios.Torrent) scenarios.Size {
	n := t.Size
	for _, f := range t.Files {
		n += f.Size
	}
	return n
}

func pieceCount(t *scenarios.Torrent) int {
	return int((lengthOf(t) + t.Piece - 1) / max(t.Piece, 1)) // a mistake is found by Validate
}
