package client_test

import (
	"crypto/sha1"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"path"
	"slices"
	"strings"
	"time"

	"bt/client"
	"bt/client/metainfo"
	"bt/simnet"
	"bt/simnet/simfs"
	"bt/simtracker"
)

// swarm is a simulated internet with a tracker in it. What goes wrong in making
// it panics: it is for tests and examples, which have no better answer.
type swarm struct {
	net     *simnet.Internet
	tracker *simtracker.Tracker
	hosts   int
}

const (
	trackerURL = "http://10.1.0.1/announce"
	clientPort = 6881
)

// homeLink is a home connection.
var homeLink = simnet.LinkConfig{Up: 1 << 20, Down: 4 << 20, Latency: 20 * time.Millisecond}

func newSwarm(seed uint64) *swarm {
	s := &swarm{net: simnet.New(seed)}
	host := s.net.NewHost("tracker", netip.MustParseAddr("10.1.0.1"), simnet.LinkConfig{Latency: 10 * time.Millisecond})
	s.tracker = simtracker.New(simtracker.Config{Now: s.net.Now, Interval: time.Minute})
	host.ServeHTTP(80, s.tracker)
	return s
}

// run lets so much time pass in the swarm.
func (s *swarm) run(d time.Duration) { s.net.RunUntil(s.net.Now().Add(d)) }

// runUntil lets time pass until cond holds, and reports whether it does within
// ten minutes.
func (s *swarm) runUntil(cond func() bool) bool {
	limit := s.net.Now().Add(10 * time.Minute)
	s.net.RunWhile(func() bool { return !cond() && s.net.Now().Before(limit) })
	return cond()
}

// member is a host of the swarm that runs a client.
type member struct {
	*client.Client
	swarm   *swarm
	host    *simnet.Host
	fs      *simfs.FS
	worker  *simnet.Worker
	notices []client.Notice
	told    func(client.Notice) // unless nil, is told them too
	config  client.Config
	queued  bool   // a turn is on its way
	timer   func() // cancels the one after
}

// join adds a host with a client, in which configure may change what it likes.
func (s *swarm) join(configure ...func(*client.Config)) *member {
	s.hosts++
	host := s.net.NewHost(fmt.Sprint("host-", s.hosts), netip.AddrFrom4([4]byte{10, 0, 0, byte(s.hosts)}), homeLink)
	m := &member{swarm: s, host: host, fs: simfs.New(s.net.Now), config: client.Config{Port: clientPort}}
	m.worker = host.Worker(m.fs.Meter)
	for _, f := range configure {
		f(&m.config)
	}
	m.told = m.config.OnNotice
	m.config.OnNotice = func(n client.Notice) {
		m.notices = append(m.notices, n)
		if m.told != nil {
			m.told(n)
		}
	}
	m.start()
	return m
}

// start begins a life of the client: as a process does, again after Close.
func (m *member) start() {
	m.Client = must(client.New(client.World{
		Clock: m.host.Clock(), Net: m.host.Net(), HTTP: m.host.HTTP(), Names: m.host.Names(), FS: m.fs, Work: m.worker,
		Rand: m.host.Rand("client"), Log: slog.New(slog.DiscardHandler), Wake: m.wake,
	}, m.config))
}

// wake and turn are what Client.Run is in the real world.
func (m *member) wake() {
	if !m.queued {
		m.queued = true
		m.host.At(0, m.turn)
	}
}

func (m *member) turn() {
	m.queued = false
	if m.timer != nil {
		m.timer()
		m.timer = nil
	}
	if next := m.Turn(); !next.IsZero() {
		m.timer = m.host.At(next.Sub(m.host.Clock().Now()), func() {
			m.timer = nil
			m.turn()
		})
	}
}

// slowDisk starts the client anew with a disk of so many bytes per second.
func (m *member) slowDisk(rate int64) {
	if !m.leave() {
		panic("not closed")
	}
	m.worker = m.host.WorkerWith(simnet.WorkerConfig{DiskRate: rate}, m.fs.Meter)
	m.start()
}

// addr is where the member accepts connections.
func (m *member) addr() netip.AddrPort { return netip.AddrPortFrom(m.host.Addr(), clientPort) }

// leave closes the client and reports whether it has let go of everything.
func (m *member) leave() bool {
	m.Close()
	return m.swarm.runUntil(m.Closed)
}

// told returns the notices of one type so far.
func told[N client.Notice](m *member) (list []N) {
	for _, n := range m.notices {
		if n, ok := n.(N); ok {
			list = append(list, n)
		}
	}
	return list
}

// made is a torrent and its bytes.
type made struct {
	meta    *metainfo.MetaInfo
	content []byte
}

// fileSpec is a file to be; paths have slashes.
type fileSpec struct {
	path string
	size int
}

// makeContent makes a torrent of random bytes. A single file whose path has no
// slash makes a torrent without a directory.
func makeContent(name string, pieceLen int, trackers [][]string, files ...fileSpec) made {
	b := metainfo.Builder{Name: name, PieceLength: int64(pieceLen), Trackers: trackers, Single: len(files) == 1 && files[0].path == name}
	size := 0
	for _, f := range files {
		b.Files = append(b.Files, metainfo.BuildFile{Path: strings.Split(f.path, "/"), Length: int64(f.size)})
		size += f.size
	}
	content := make([]byte, size)
	rng := rand.NewChaCha8(seedOf(name))
	rng.Read(content)
	var hashes []metainfo.Hash
	for p := range slices.Chunk(content, pieceLen) {
		hashes = append(hashes, sha1.Sum(p))
	}
	return made{meta: must(metainfo.Parse(must(b.Encode(hashes)))), content: content}
}

// seedOf spreads a name over a seed.
func seedOf(name string) (seed [32]byte) {
	h := sha1.Sum([]byte(name))
	copy(seed[:], h[:])
	return seed
}

// file returns the bytes of a file of the torrent.
func (x made) file(i int) []byte {
	f := x.meta.Info.Files[i]
	return x.content[f.Offset : f.Offset+f.Length]
}

// fill puts the files of a torrent on a member's disk, below dir.
func (m *member) fill(dir string, x made) {
	for i, f := range x.meta.Info.Files {
		name := path.Join(append([]string{dir}, x.path(f)...)...)
		check(m.fs.MkdirAll(path.Dir(name), 0o755))
		file := must(m.fs.Create(name))
		must(file.Write(x.file(i)))
		check(file.Close())
	}
}

func (x made) path(f metainfo.File) []string {
	if x.meta.Info.Multi {
		return append([]string{x.meta.Info.Name}, f.Path...)
	}
	return f.Path
}

// add adds a torrent, which must be possible.
func (m *member) add(spec client.Spec) *client.Torrent { return must(m.Client.Add(spec)) }

// addSeed puts a torrent on the disk and adds it.
func (m *member) addSeed(x made) *client.Torrent {
	m.fill("/d", x)
	return m.add(client.Spec{Meta: x.meta, Dir: "/d"})
}

// addLeech adds a torrent that is not on the disk.
func (m *member) addLeech(x made, change ...func(*client.Spec)) *client.Torrent {
	spec := client.Spec{Meta: x.meta, Dir: "/d"}
	for _, f := range change {
		f(&spec)
	}
	return m.add(spec)
}

// knows lets a torrent know where other members are.
func knows(others ...*member) func(*client.Spec) {
	return func(s *client.Spec) {
		for _, o := range others {
			s.Peers = append(s.Peers, o.addr())
		}
	}
}

func must[T any](v T, err error) T {
	check(err)
	return v
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
