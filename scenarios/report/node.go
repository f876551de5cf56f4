package report

import "bt/scenarios"

// cellsPerNode is the most cells of one node's map of pieces: more than there are
// lines for on a screen.
const cellsPerNode = 256

// State is what a node does, by the colour of its lane.
type state int

// The states of nodes, in the order of page.js.
const (
	off state = iota
	checking
	downloading
	complete
	paused
	stopped
	scripted // a hostile peer, or a tracker: nothing is known of it
)

// node is a host of the run.
type node struct {
	role   scenarios.Role
	states [][2]int64 // since when in which
	had    []int64    // since when it has each piece
	cells  int

	running, checking, complete bool
	user                        string // paused or stopped, if the user wants that
	disk                        [2]int64
}

func newNode(r scenarios.Role, pieces, cells int) *node {
	n := &node{role: r, had: make([]int64, pieces), cells: cells}
	for i := range n.had {
		n.had[i] = never
	}
	n.states = [][2]int64{{0, int64(n.state())}}
	return n
}

// isClient says that it tells how it is doing.
func (n *node) isClient() bool {
	return n.role.Kind == string(scenarios.Seed) || n.role.Kind == string(scenarios.Leech)
}

func (n *node) state() state {
	switch {
	case !n.isClient():
		return scripted
	case !n.running:
		return off
	case n.user == "paused":
		return paused
	case n.user == "stopped":
		return stopped
	case n.checking:
		return checking
	case n.complete:
		return complete
	}
	return downloading
}

// handle takes what a node tells of itself.
func (n *node) handle(at int64, o scenarios.Observation, lost *Left) {
	switch o.Name {
	case "starts":
		n.running, n.checking, n.complete, n.user = true, true, false, ""
	case "closed", "killed":
		n.running = false
	case "StateChanged":
		n.user = o.Text // "active" too, which is no state of its own here
	case "HashcheckDone":
		n.checking, n.complete = false, n.hasAll()
	case "Completed":
		n.complete = true
	case "PrioritiesSet":
		n.complete = n.hasAll() // else Completed follows
	case "PieceVerified":
		// A restart finds again what was had all the time.
		if n.had[o.Piece] == never {
			n.had[o.Piece] = at
		}
	case "PieceFailed":
		n.had[o.Piece] = never
	case "read":
		n.disk[0] += o.Length
	case "write":
		n.disk[1] += o.Length
	}
	s := int64(n.state())
	switch {
	case n.states[len(n.states)-1][1] == s:
	case len(n.states) == statesMax:
		lost.States++
	default:
		n.states = append(n.states, [2]int64{at, s})
	}
}

func (n *node) hasAll() bool {
	for _, at := range n.had {
		if at == never {
			return false
		}
	}
	return true
}

// heat says since when it has all pieces of each cell.
func (n *node) heat() []int64 {
	list := make([]int64, min(n.cells, len(n.had)))
	for i := range list {
		first, last := i*len(n.had)/len(list), (i+1)*len(n.had)/len(list)
		for _, at := range n.had[first:last] {
			if at == never {
				list[i] = never
				break
			}
			list[i] = max(list[i], at)
		}
	}
	return list
}

// Buckets of rates: how long one is follows from how long the run lasts.
const (
	minBuckets, maxBuckets = 32, 400
	firstBucket            = 20_000 // microseconds
)

// meter counts the bytes that nodes send and receive over time.
type meter struct {
	bucket   int64 // microseconds
	buckets  int   // at most
	down, up [][]int64
}

func newMeter(nodes, buckets int) meter {
	return meter{firstBucket, buckets, make([][]int64, nodes), make([][]int64, nodes)}
}

// add counts bytes that have arrived.
func (m *meter) add(at int64, to, from int, n int64) {
	for int(at/m.bucket) >= m.buckets {
		m.bucket *= 2
		for _, rows := range [...][][]int64{m.down, m.up} {
			for i := range rows {
				rows[i] = halve(rows[i])
			}
		}
	}
	i := int(at / m.bucket)
	count(m.down, to, i, n)
	count(m.up, from, i, n)
}

// count adds to a bucket, which need not be there yet.
func count(rows [][]int64, node, i int, n int64) {
	if node < 0 {
		return
	}
	for len(rows[node]) <= i {
		rows[node] = append(rows[node], 0)
	}
	rows[node][i] += n
}

// halve joins each two neighbours.
func halve(row []int64) []int64 {
	half := row[:0]
	for i := 0; i < len(row); i += 2 {
		sum := row[i]
		if i+1 < len(row) {
			sum += row[i+1]
		}
		half = append(half, sum)
	}
	return half
}
