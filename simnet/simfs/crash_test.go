package simfs_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/spf13/afero"
	"pgregory.net/rapid"

	"bt/simnet/simfs"
)

const sector = 512

// The reference: the same rules once more, said as plainly as can be. A disk has
// names and files of a few sectors; what was done is a list, and a crash goes
// through all ways to choose from it.
type refDisk struct {
	names map[string]*refFile
	ops   []refOp
}

type refFile struct {
	base, now refData
}

type refData struct {
	bytes [4 * sector]byte
	size  int
}

type refOp struct {
	names []string // that change
	apply func(names map[string]*refFile)

	file        *refFile
	resize      bool
	off, n      int
	before, now refData // of the file
}

// refFate is what becomes of an operation.
type refFate struct {
	attr, garbage bool
	sectors       int // a bit for each sector that the write touches
}

func (t refFate) lost() bool { return !t.attr && t.sectors == 0 }

func (o *refOp) touched() int { return (o.off+o.n+sector-1)/sector - o.off/sector }

func (o *refOp) write() bool { return o.file != nil && !o.resize }

// fates of an operation: it is lost or whole, or anything at all.
func (o *refOp) fates(torn bool) (list []refFate) {
	if !o.write() {
		return []refFate{{}, {attr: true}}
	}
	all := 1<<o.touched() - 1
	if !torn {
		return []refFate{{}, {attr: true, sectors: all}}
	}
	for sectors := range all + 1 {
		list = append(list, refFate{sectors: sectors}, refFate{attr: true, sectors: sectors})
	}
	return append(list, refFate{attr: true, garbage: true})
}

// needs says whether o survives only if p does, which was before.
func (o *refOp) needs(p *refOp) bool {
	if o.file != nil || p.file != nil {
		return o.file == p.file && p.resize
	}
	return slices.ContainsFunc(o.names, func(name string) bool { return slices.Contains(p.names, name) })
}

// images lists all that a crash can leave.
func (d *refDisk) images(torn bool) map[string]bool {
	found := make(map[string]bool)
	fates := make([]refFate, len(d.ops))
	var choose func(i int)
	choose = func(i int) {
		if i == len(d.ops) {
			found[d.image(fates)] = true
			return
		}
		for _, t := range d.ops[i].fates(torn) {
			allowed := true
			for j := range i {
				allowed = allowed && (!d.ops[i].needs(&d.ops[j]) || !fates[j].lost())
			}
			if fates[i] = t; allowed || t.lost() {
				choose(i + 1)
			}
		}
	}
	choose(0)
	return found
}

func (d *refDisk) image(fates []refFate) string {
	names := maps.Clone(d.names)
	left := make(map[*refFile]*refData)
	for i := range d.ops {
		o, t := &d.ops[i], fates[i]
		if o.file == nil {
			if t.attr {
				o.apply(names)
			}
			continue
		}
		f := left[o.file]
		if f == nil {
			f = &refData{bytes: o.file.base.bytes, size: o.file.base.size}
			left[o.file] = f
		}
		if t.garbage {
			for at := max(o.before.size, o.off); at < o.off+o.n; at++ {
				f.bytes[at] = byte(uint64(at)*0x9e3779b97f4a7c15>>56) | 1
			}
		}
		if o.write() {
			for s := range o.touched() {
				if t.sectors&(1<<s) != 0 {
					at := (o.off/sector + s) * sector
					copy(f.bytes[at:at+sector], o.now.bytes[at:at+sector])
				}
			}
		} else if t.attr {
			clear(f.bytes[o.now.size:])
		}
		if t.attr {
			f.size = o.now.size
		}
	}
	var list []string
	for name, file := range names {
		f := left[file]
		if f == nil {
			f = &file.base
		}
		list = append(list, fmt.Sprintf("%s=%x", name, f.bytes[:f.size]))
	}
	slices.Sort(list)
	return strings.Join(list, " ")
}

// history does the same to a disk and to the reference.
type history struct {
	disk *simfs.FS
	ref  refDisk
	now  map[string]*refFile
}

func newHistory() *history {
	h := &history{disk: newFS(), now: map[string]*refFile{}}
	if h.disk.Mkdir("/d", 0o777) != nil || h.disk.SyncDir("/") != nil {
		panic("no directory")
	}
	h.ref.names = map[string]*refFile{}
	return h
}

// begun is a history that begins with a durable file.
func begun(t *rapid.T) *history {
	h := newHistory()
	f := &refFile{}
	f.base = refData{size: sector + 100}
	copy(f.base.bytes[:f.base.size], pattern(f.base.size))
	f.now = f.base
	file := h.open(t, "/a", os.O_CREATE)
	write(t, file, pattern(f.base.size), 0)
	must(t, file.Sync())
	must(t, file.Close())
	must(t, h.disk.SyncDir("/"))
	h.now["/a"], h.ref.names["/a"] = f, f
	return h
}

func (h *history) rename(names []string, apply func(map[string]*refFile)) {
	apply(h.now)
	h.ref.ops = append(h.ref.ops, refOp{names: names, apply: apply})
}

func (h *history) open(t *rapid.T, name string, flag int) afero.File {
	f, err := h.disk.OpenFile(name, os.O_RDWR|flag, 0o666)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func (h *history) step(t *rapid.T) {
	refNames := []string{"/a", "/b", "/d/a"}
	name := rapid.SampledFrom([]string{"/a", "/a", "/b", "/d/a"}).Draw(t, "name")
	file := h.now[name]
	if file == nil {
		must(t, h.open(t, name, os.O_CREATE).Close())
		f := &refFile{}
		h.rename([]string{name}, func(names map[string]*refFile) { names[name] = f })
		return
	}
	switch rapid.SampledFrom([]string{"write", "write", "write", "resize", "resize", "rename", "remove", "sync", "syncDir"}).Draw(t, "do") {
	case "write":
		off, n := rapid.IntRange(0, 2*sector).Draw(t, "off"), rapid.IntRange(1, 2*sector).Draw(t, "n")
		fill := rapid.ByteRange(1, 250).Draw(t, "byte")
		f := h.open(t, name, 0)
		write(t, f, slices.Repeat([]byte{fill}, n), int64(off))
		must(t, f.Close())
		before := file.now
		for i := range n {
			file.now.bytes[off+i] = fill
		}
		file.now.size = max(file.now.size, off+n)
		h.ref.ops = append(h.ref.ops, refOp{file: file, off: off, n: n, before: before, now: file.now})
	case "resize":
		size := rapid.IntRange(0, 3*sector).Draw(t, "size")
		f := h.open(t, name, 0)
		must(t, f.Truncate(int64(size)))
		must(t, f.Close())
		clear(file.now.bytes[size:])
		file.now.size = size
		h.ref.ops = append(h.ref.ops, refOp{file: file, resize: true, now: file.now})
	case "rename":
		to := rapid.SampledFrom(refNames).Draw(t, "to")
		must(t, h.disk.Rename(name, to))
		if to != name {
			h.rename([]string{name, to}, func(names map[string]*refFile) {
				names[to] = names[name]
				delete(names, name)
			})
		}
	case "remove":
		must(t, h.disk.Remove(name))
		h.rename([]string{name}, func(names map[string]*refFile) { delete(names, name) })
	case "sync":
		f := h.open(t, name, 0)
		must(t, f.Sync())
		must(t, f.Close())
		file.base = file.now
		h.ref.ops = slices.DeleteFunc(h.ref.ops, func(o refOp) bool { return o.file == file })
	case "syncDir":
		dir := rapid.SampledFrom([]string{"/", "/d"}).Draw(t, "dir")
		must(t, h.disk.SyncDir(dir))
		h.flush(dir)
	}
}

// flush makes durable what is in a directory, and what that needs.
func (h *history) flush(dir string) {
	flushed := make([]bool, len(h.ref.ops))
	for i, o := range h.ref.ops {
		for _, name := range o.names {
			flushed[i] = flushed[i] || strings.HasPrefix(name, "/d/") == (dir == "/d")
		}
	}
	for range h.ref.ops {
		for i := range h.ref.ops {
			for j := range i {
				flushed[j] = flushed[j] || flushed[i] && h.ref.ops[i].needs(&h.ref.ops[j])
			}
		}
	}
	var rest []refOp
	for i, o := range h.ref.ops {
		if flushed[i] {
			o.apply(h.ref.names)
		} else {
			rest = append(rest, o)
		}
	}
	h.ref.ops = rest
}

// hexTree is what refDisk.image says, of a disk.
func hexTree(t rapid.TB, f *simfs.FS) string {
	var list []string
	for _, s := range f.Files() {
		b, err := f.ReadFile(s.Path)
		must(t, err)
		list = append(list, fmt.Sprintf("%s=%x", s.Path, b))
	}
	slices.Sort(list)
	return strings.Join(list, " ")
}

// TestCrashImages holds the images of random short histories against the
// reference: all that the rules allow, and nothing else.
func TestCrashImages(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := begun(t)
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			h.step(t)
			if len(h.ref.ops) == 6 {
				break
			}
		}
		if got, want := len(h.disk.Pending()), len(h.ref.ops); got > want { // fewer: of files without a name
			t.Fatalf("%d operations are pending, want %d: %q", got, want, h.disk.Pending())
		}
		before := hexTree(t, h.disk)
		want := h.ref.images(false)
		got := make(map[string]bool)
		for image := range h.disk.CrashImages(simfs.Crash{Window: 6}) {
			got[hexTree(t, image)] = true
		}
		compareImages(t, got, want)
		for _, image := range []*simfs.FS{h.disk.Image(), h.disk.WrittenImage(), h.disk.RandomImage(rand.NewPCG(1, 2), false)} {
			if !want[hexTree(t, image)] {
				t.Fatalf("image that is not allowed after %q", h.disk.Pending())
			}
		}
		if got := hexTree(t, h.disk.WrittenImage()); got != before {
			t.Fatalf("with all written it is %.99s, want %.99s", got, before)
		}
		if got := hexTree(t, h.disk); got != before {
			t.Fatalf("making images has changed the disk from %.99s to %.99s", before, got)
		}
		// A smaller window lists some of them, each prefix among them.
		for image := range h.disk.CrashImages(simfs.Crash{Window: 2}) {
			if !want[hexTree(t, image)] {
				t.Fatalf("image that is not allowed after %q", h.disk.Pending())
			}
		}
	})
}

// wantZerosPastEnd: what was cut off does not come back when a file grows.
func wantZerosPastEnd(t *rapid.T, f *simfs.FS) {
	for _, s := range f.Files() {
		file := open(t, f, s.Path, rw)
		must(t, file.Truncate(4*sector))
		b, err := f.ReadFile(s.Path)
		must(t, err)
		if slices.ContainsFunc(b[s.Size:], func(c byte) bool { return c != 0 }) {
			t.Fatalf("%s has bytes past its end", s.Path)
		}
	}
}

// TestTornImages: with torn writes every image that is listed or drawn is allowed,
// and every one that is allowed is drawn sooner or later.
func TestTornImages(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draws := rand.NewPCG(3, 4)
		h := begun(t)
		writes := 0
		for range rapid.IntRange(1, 8).Draw(t, "steps") {
			h.step(t)
			if writes = 0; len(h.ref.ops) > 0 {
				for _, o := range h.ref.ops {
					if o.write() {
						writes++
					}
				}
			}
			if writes == 2 || len(h.ref.ops) == 3 {
				break
			}
		}
		want := h.ref.images(true)
		for image := range h.disk.CrashImages(simfs.Crash{Window: 3, Torn: true}) {
			if !want[hexTree(t, image)] {
				t.Fatalf("image that is not allowed after %q", h.disk.Pending())
			}
			wantZerosPastEnd(t, image)
		}
		got := make(map[string]bool)
		for range 10_000 * len(want) { // some are rare; most often it ends far sooner
			if got[hexTree(t, h.disk.RandomImage(draws, true))] = true; len(got) == len(want) {
				break
			}
		}
		compareImages(t, got, want)
	})
}

func compareImages(t *rapid.T, got, want map[string]bool) {
	for image := range got {
		if !want[image] {
			t.Fatalf("an image is not allowed: %.200s", image)
		}
	}
	for image := range want {
		if !got[image] {
			t.Fatalf("an image is missing, of %d: %.200s", len(want), image)
		}
	}
}

// TestCrashWindow counts images, and wants each prefix of what was done.
func TestCrashWindow(t *testing.T) {
	f := newFS()
	for i := range 10 {
		must(t, open(t, f, fmt.Sprintf("/%d", i), rw).Close())
	}
	for _, c := range []struct{ window, want int }{{0, 11}, {1, 11}, {3, 8 + 7*4}, {10, 1024}, {99, 1024}} {
		seen := make(map[string]bool)
		n := 0
		for image := range f.CrashImages(simfs.Crash{Window: c.window}) {
			seen[tree(t, image)] = true
			n++
		}
		if n != c.want || len(seen) != n {
			t.Errorf("window %d: %d images, %d different, want %d", c.window, n, len(seen), c.want)
		}
		names := ""
		for i := range 10 {
			if !seen[strings.TrimSpace(names)] {
				t.Errorf("window %d: no image has the first %d alone", c.window, i)
			}
			names += fmt.Sprintf("/%d= ", i)
		}
	}
}

// TestDirectoryGoesLast: what was moved out of a directory that was removed then
// is not lost with it.
func TestDirectoryGoesLast(t *testing.T) {
	f := newFS()
	must(t, f.Mkdir("/d", 0o777))
	must(t, f.Mkdir("/e", 0o777))
	create(t, f, "/d/x", "x")
	for _, dir := range []string{"/", "/d", "/e"} {
		must(t, f.SyncDir(dir))
	}
	must(t, f.Rename("/d/x", "/e/x"))
	must(t, f.Remove("/d"))
	for image := range f.CrashImages(simfs.Crash{Window: 2}) {
		if got := tree(t, image); got != "/d/x=x" && got != "/e/x=x" {
			t.Errorf("image %q", got)
		}
	}
	must(t, f.SyncDir("/"))
	if got := tree(t, f.Image()); got != "/e/x=x" {
		t.Errorf("after the sync %q", got)
	}
}

// TestCoarseLog: after more changes than are remembered a file survives as a
// whole or not at all; so does one of which a Sync has forgotten something.
func TestCoarseLog(t *testing.T) {
	f := newFS()
	create(t, f, "/a", "old")
	must(t, f.SyncDir("/"))
	images := func() (list []string) {
		for image := range f.CrashImages(simfs.Crash{Window: 3}) {
			list = append(list, tree(t, image))
		}
		slices.Sort(list)
		return slices.Compact(list)
	}
	file := open(t, f, "/a", rw)
	for i := range 20_000 {
		write(t, file, []byte{byte('0' + i%10)}, int64(i%3))
	}
	if got, want := images(), []string{"/a=897", "/a=old"}; !slices.Equal(got, want) {
		t.Errorf("after many changes %q, want %q", got, want)
	}
	must(t, file.Sync())
	if got, want := images(), []string{"/a=897"}; !slices.Equal(got, want) {
		t.Errorf("after a sync %q, want %q", got, want)
	}
	f.Inject(simfs.Fault{Kind: simfs.Forget, Count: 1, Err: syscall.EIO})
	write(t, file, []byte("xyz"), 0)
	if file.Sync() == nil {
		t.Fatal("Sync did not fail")
	}
	if got, want := images(), []string{"/a=897"}; !slices.Equal(got, want) {
		t.Errorf("after a sync that failed %q, want %q", got, want)
	}
	write(t, file, []byte("+"), 3)
	if got, want := images(), []string{"/a=897", "/a=xyz+"}; !slices.Equal(got, want) {
		t.Errorf("written after a sync that failed %q, want %q", got, want)
	}
}

// TestDigest tells apart what differs, and nothing else.
func TestDigest(t *testing.T) {
	now := epoch
	build := func(do func(f *simfs.FS)) (digest [32]byte) {
		f := simfs.New(func() time.Time { return now })
		must(t, f.Mkdir("/d", 0o777))
		write(t, open(t, f, "/d/a", rw), pattern(page+100), 0)
		do(f)
		return f.WrittenImage().Digest()
	}
	same := build(func(*simfs.FS) {})
	if build(func(f *simfs.FS) { f.Know("/d/a", simfs.NewContent(pattern(page+100))) }) != same {
		t.Error("equal disks differ")
	}
	for name, do := range map[string]func(f *simfs.FS){
		"content":   func(f *simfs.FS) { write(t, open(t, f, "/d/a", rw), []byte("x"), page) },
		"size":      func(f *simfs.FS) { must(t, open(t, f, "/d/a", rw).Truncate(page+101)) },
		"name":      func(f *simfs.FS) { must(t, f.Rename("/d/a", "/d/b")) },
		"directory": func(f *simfs.FS) { must(t, f.Mkdir("/e", 0o777)) },
		"time":      func(f *simfs.FS) { must(t, f.Chtimes("/d/a", epoch, epoch.Add(1))) },
		"mode":      func(f *simfs.FS) { must(t, f.Chmod("/d/a", 0o600)) },
	} {
		if build(do) == same {
			t.Errorf("another %s is not noticed", name)
		}
	}
}

// TestPowerOff: what goes on when the power is lost comes to nothing.
func TestPowerOff(t *testing.T) {
	f := newFS()
	file := open(t, f, "/a", rw)
	write(t, file, []byte("lost"), 0)
	f.OnOp(func(op simfs.Op, _ string) {
		if op == simfs.OpSync {
			f.OnOp(nil)
			f.PowerLoss()
			f.PowerOff()
		}
	})
	if err := f.SyncDir("/"); err == nil {
		t.Error("Sync without power")
	}
	if err := f.Mkdir("/b", 0o777); err == nil {
		t.Error("Mkdir without power")
	}
	f.PowerOn()
	if got := tree(t, f); got != "" || len(f.Dirs()) > 0 {
		t.Errorf("%q and directories %v are there", got, f.Dirs())
	}
}

func BenchmarkCrashImages(b *testing.B) {
	f := newFS()
	file := open(b, f, "/a", rw)
	for i := range 6 {
		write(b, file, pattern(page), int64(i*page))
	}
	for b.Loop() {
		for range f.CrashImages(simfs.Crash{Window: 6}) {
		}
	}
}
