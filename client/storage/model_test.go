package storage

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"

	"github.com/spf13/afero"
	"pgregory.net/rapid"
)

// machine drives a Store and a plain byte array side by side.
type machine struct {
	dir   string
	tr    *torrent
	prios []int
	s     *Store

	bytes   []byte // what was written last
	written []bool // pads count as written
	wanted  []bool // files that were wanted at any time
}

// TestModel puts a Store through random writes, checks, reads, changes of
// priorities and restarts.
func TestModel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp("", "storage")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		m := newMachine(t, dir)
		t.Repeat(map[string]func(*rapid.T){
			"write":      m.write,
			"download":   m.download,
			"check":      m.check,
			"read":       m.read,
			"sync":       func(t *rapid.T) { m.must(t, m.s.Sync()) },
			"priorities": m.setPriorities,
			"restart":    m.restart,
			"writer":     func(t *rapid.T) { m.s.writing.Store(rapid.Int32Range(0, 1).Draw(t, "others that write")) },
			"":           m.invariants,
		})
		m.must(t, m.s.Close())
	})
}

func newMachine(t *rapid.T, dir string) *machine {
	m := &machine{dir: dir}
	var files []testFile
	for i := range rapid.IntRange(1, 7).Draw(t, "files") {
		f := testFile{fmt.Sprint("f", i), rapid.IntRange(0, 90).Draw(t, "length")}
		if rapid.IntRange(0, 4).Draw(t, "pad") == 0 {
			f.path = ".pad/" + f.path
		}
		files = append(files, f)
	}
	files = append(files, testFile{"last", 1}) // no torrent is empty
	m.tr = newTorrent(t, rapid.IntRange(5, 60).Draw(t, "piece length"), files...)
	m.bytes, m.written = make([]byte, len(m.tr.data)), make([]bool, len(m.tr.data))
	m.wanted = make([]bool, len(files))
	for i, f := range m.tr.info.Files {
		for off := range f.Length {
			m.written[f.Offset+off] = f.Pad
		}
		m.prios = append(m.prios, i%2)
	}
	m.want(m.prios)
	m.open(t)
	return m
}

func (m *machine) want(prios []int) {
	m.prios = prios
	for i, p := range prios {
		m.wanted[i] = m.wanted[i] || p > 0
	}
}

func (m *machine) must(t *rapid.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (m *machine) open(t *rapid.T) {
	s, err := Open(looseFs{afero.NewOsFs()}, m.dir, m.tr.info, Options{Priorities: m.prios, MaxOpenFiles: 2})
	m.must(t, err)
	present, err := s.Prepare()
	m.must(t, err)
	m.s = s
	for p := range m.tr.info.NumPieces() {
		if m.complete(p) && !present.Has(p) {
			t.Fatalf("piece %d is on disk and not present", p)
		}
	}
}

func (m *machine) drawPiece(t *rapid.T) (p int, start, size int) {
	p = rapid.IntRange(0, m.tr.info.NumPieces()-1).Draw(t, "piece")
	return p, p * int(m.tr.info.PieceLength), int(m.tr.info.PieceSize(p))
}

func (m *machine) complete(p int) bool {
	start := p * int(m.tr.info.PieceLength)
	for i := range int(m.tr.info.PieceSize(p)) {
		if !m.written[start+i] {
			return false
		}
	}
	return true
}

// note takes a block over into the array.
func (m *machine) note(start int, b Block) {
	for i, x := range b.Data {
		at := start + b.Begin + i
		f := m.tr.info.Files
		pad := false
		for j := range f {
			pad = pad || f[j].Pad && int64(at) >= f[j].Offset && int64(at) < f[j].Offset+f[j].Length
		}
		if !pad {
			m.bytes[at], m.written[at] = x, true
		}
	}
}

// write puts any one range of a piece, with right or wrong bytes.
func (m *machine) write(t *rapid.T) {
	p, start, size := m.drawPiece(t)
	begin := rapid.IntRange(0, size-1).Draw(t, "begin")
	n := rapid.IntRange(0, size-begin).Draw(t, "n")
	data := bytes.Clone(m.tr.piece(p)[begin : begin+n])
	if rapid.Bool().Draw(t, "poison") && n > 0 {
		data[n/2] ^= 0x55
	}
	b := Block{begin, data}
	m.must(t, m.s.Write(p, []Block{b}))
	m.note(start, b)
}

// download writes a whole piece in blocks, in random order, in several calls.
func (m *machine) download(t *rapid.T) {
	p, start, size := m.drawPiece(t)
	length := rapid.IntRange(1, size).Draw(t, "block length")
	var blocks []Block
	for begin := 0; begin < size; begin += length {
		blocks = append(blocks, Block{begin, m.tr.piece(p)[begin:min(begin+length, size)]})
	}
	seed := rapid.Uint64().Draw(t, "order")
	rand.New(rand.NewPCG(seed, 0)).Shuffle(len(blocks), func(i, j int) { blocks[i], blocks[j] = blocks[j], blocks[i] })
	for len(blocks) > 0 {
		n := rapid.IntRange(1, len(blocks)).Draw(t, "blocks in one call")
		m.must(t, m.s.Write(p, blocks[:n]))
		for _, b := range blocks[:n] {
			m.note(start, b)
		}
		blocks = blocks[n:]
	}
}

func (m *machine) check(t *rapid.T) {
	p, start, size := m.drawPiece(t)
	ok, err := m.s.Check(p)
	m.must(t, err)
	right := bytes.Equal(m.bytes[start:start+size], m.tr.piece(p))
	if right && !ok {
		t.Fatalf("piece %d is right and fails its check", p)
	}
	if ok {
		wantRead(t, m.s, p, m.tr.piece(p))
	}
	if ok && m.complete(p) && !right {
		t.Fatalf("piece %d is wrong and passes its check", p)
	}
}

func (m *machine) read(t *rapid.T) {
	p, start, size := m.drawPiece(t)
	if !m.complete(p) {
		return
	}
	begin := rapid.IntRange(0, size).Draw(t, "begin")
	dst := make([]byte, rapid.IntRange(0, size-begin).Draw(t, "n"))
	m.must(t, m.s.Read(p, begin, dst))
	if !bytes.Equal(dst, m.bytes[start+begin:start+begin+len(dst)]) {
		t.Fatalf("piece %d reads wrong at %d", p, begin)
	}
}

func (m *machine) drawPriorities(t *rapid.T) []int {
	return rapid.SliceOfN(rapid.IntRange(0, 2), len(m.prios), len(m.prios)).Draw(t, "priorities")
}

func (m *machine) setPriorities(t *rapid.T) {
	prios := m.drawPriorities(t)
	m.must(t, m.s.SetPriorities(prios))
	m.want(prios)
}

func (m *machine) restart(t *rapid.T) {
	m.must(t, m.s.Close())
	if rapid.Bool().Draw(t, "other priorities") {
		m.want(m.drawPriorities(t))
	}
	m.open(t)
}

func (m *machine) invariants(t *rapid.T) {
	all := true
	for i, path := range m.s.Paths() {
		f := &m.tr.info.Files[i]
		_, err := os.Stat(path)
		if err == nil && (f.Pad || !m.wanted[i]) {
			t.Fatalf("%s was created", path)
		}
		all = all && m.wanted[i] && m.prios[i] > 0
	}
	if all && hasPart(t, m.dir) {
		t.Fatal("there is a part file and nothing in it")
	}
}
