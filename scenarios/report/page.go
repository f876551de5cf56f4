package report

import (
	_ "embed" // the page's parts
	"encoding/json"
	"fmt"
	"html"
	"io"
	"strings"

	"bt/scenarios"
)

// The parts of the page, which become one file.
var (
	//go:embed page.html
	pageHTML string
	//go:embed page.css
	pageCSS string
	//go:embed page.js
	pageJS string
)

// page is the data of the page, as page.js reads it. Times are in microseconds
// since the start of the run, nodes are indexes, -1 stands for none.
type page struct {
	Scenario string      `json:"scenario"`
	About    string      `json:"about"`
	Seed     string      `json:"seed"` // a number may be too large for a browser
	Pass     bool        `json:"pass"`
	Error    string      `json:"error,omitempty"` // why the run was broken off
	Hash     string      `json:"hash"`
	Events   uint64      `json:"events"`
	End      int64       `json:"end"`  // when the last client had closed
	Last     int64       `json:"last"` // when the last thing happened, maybe after that
	Replay   string      `json:"replay"`
	Pieces   int         `json:"pieces"`
	Piece    int64       `json:"piece"`
	Size     int64       `json:"size"`
	Nodes    []pageNode  `json:"nodes"`
	Bucket   int64       `json:"bucket"`
	Conns    []pageConn  `json:"conns"`
	Bands    []pageBand  `json:"bands"`
	Faults   []pageFault `json:"faults"`
	Kinds    []string    `json:"kinds"`
	Texts    []string    `json:"texts"`
	Log      []row       `json:"log"`
	Total    int         `json:"total"` // entries, kept or not
	Requests Requests    `json:"requests"`
	Left     Left        `json:"left"`
}

// pageNode is a lane.
type pageNode struct {
	Name   string     `json:"name"`
	Kind   string     `json:"kind"`
	Addr   string     `json:"addr"`
	States [][2]int64 `json:"states"` // since when in which
	Had    []int64    `json:"had"`    // since when it has each group of pieces
	Down   []int64    `json:"down"`   // bytes a bucket
	Up     []int64    `json:"up"`
	Disk   [2]int64   `json:"disk"` // bytes read and written
}

// pageConn is a connection between peers.
type pageConn struct {
	Stream uint64     `json:"stream"`
	A      int        `json:"a"` // has dialled
	B      int        `json:"b"`
	To     int64      `json:"to"`
	Marks  [][2]int64 `json:"marks"` // since when in which state
}

// pageBand is an action.
type pageBand struct {
	Name string `json:"name"`
	Who  string `json:"who"`
	From int64  `json:"from"`
	To   int64  `json:"to"`
}

// pageFault is a failure.
type pageFault struct {
	At     int64  `json:"at"`
	Node   int    `json:"node"`
	Rule   string `json:"rule"`
	Detail string `json:"detail"`
	Causes []int  `json:"causes"` // rows of the log
}

// row is an entry: when, kind, node, peer, stream, piece, begin, length, when it
// arrived, the row of its cause, text.
type row [11]int64

// Write writes the page. Replay is the command that makes the run again. It is to
// be called once, when the run is over.
func (c *Collector) Write(w io.Writer, result scenarios.Result, replay string) error {
	data, err := json.Marshal(c.page(result, replay)) // < and & are escaped: it may stand in a script
	if err != nil {
		return fmt.Errorf("report: encode data: %w", err)
	}
	_, err = strings.NewReplacer(
		"{{title}}", html.EscapeString(fmt.Sprintf("%s, seed %d", result.Name, result.Seed)),
		"{{style}}", pageCSS, "{{script}}", pageJS, "{{data}}", string(data),
	).WriteString(w, pageHTML)
	return err
}

// page puts together what the page is made of. Lists are never nil: in JSON that
// would be null, which a browser cannot walk.
func (c *Collector) page(r scenarios.Result, replay string) *page {
	p := &page{
		Scenario: r.Name, About: c.stage.About, Seed: fmt.Sprint(r.Seed), Pass: r.Pass(),
		Hash: fmt.Sprintf("%016x", r.Hash), Events: r.Events, Replay: replay,
		End: max(r.SimTime.Microseconds(), 1), Last: max(c.end, r.SimTime.Microseconds(), 1),
		Pieces: c.stage.Pieces, Piece: c.stage.Piece, Size: c.stage.Size,
		Nodes: []pageNode{}, Conns: []pageConn{}, Bands: []pageBand{}, Faults: []pageFault{},
		Bucket: c.rates.bucket, Requests: c.requests, Left: c.lost,
	}
	if r.Err != nil { // it did not come to its end
		p.End, p.Error = p.Last, r.Err.Error()
	}
	for i, n := range c.nodes {
		p.Nodes = append(p.Nodes, pageNode{
			Name: n.role.Name, Kind: n.role.Kind, Addr: n.role.Addr, States: n.states, Had: n.heat(),
			Down: orEmpty(c.rates.down[i]), Up: orEmpty(c.rates.up[i]), Disk: n.disk,
		})
	}
	for _, k := range c.listed {
		p.Conns = append(p.Conns, pageConn{k.stream, k.ends[0].node, k.ends[1].node, k.to, k.marks})
	}
	for _, b := range c.bands {
		p.Bands = append(p.Bands, pageBand(b))
	}
	p.Requests.Open = p.Requests.Asked - p.Requests.Answered - p.Requests.Rejected
	c.writeLog(p)
	return p
}

func orEmpty(list []int64) []int64 {
	if list == nil {
		return []int64{}
	}
	return list
}

// writeLog numbers the entries that are kept, and whatever refers to them.
func (c *Collector) writeLog(p *page) {
	entries := c.log.ordered()
	numbers := make(map[*entry]int, len(entries))
	for i, e := range entries {
		numbers[e] = i
	}
	rowOf := func(e *entry) int {
		if i, ok := numbers[e]; ok {
			return i
		}
		return -1
	}
	kinds, texts := newTable(), newTable()
	texts.of("") // is 0
	p.Log = make([]row, 0, len(entries))
	for _, e := range entries {
		p.Log = append(p.Log, row{
			e.at, kinds.of(e.kind), int64(e.node), int64(e.peer), int64(e.stream), int64(e.piece), e.begin, e.length,
			e.arrived, int64(rowOf(e.cause)), texts.of(e.text),
		})
	}
	for _, f := range c.faults {
		causes := make([]int, 0, len(f.causes))
		for _, e := range f.causes {
			if i := rowOf(e); i >= 0 {
				causes = append(causes, i)
			}
		}
		p.Faults = append(p.Faults, pageFault{f.at, f.node, f.rule, f.detail, causes})
	}
	p.Kinds, p.Texts = kinds.list, texts.list
	p.Total = c.log.seq
	p.Left.Entries = c.log.seq - len(entries)
}

// table numbers texts in the order in which they come up.
type table struct {
	list  []string
	index map[string]int64
}

func newTable() *table { return &table{list: []string{}, index: make(map[string]int64)} }

func (t *table) of(s string) int64 {
	i, ok := t.index[s]
	if !ok {
		i = int64(len(t.list))
		t.index[s], t.list = i, append(t.list, s)
	}
	return i
}
