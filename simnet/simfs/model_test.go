package simfs_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"
	"testing"

	"github.com/spf13/afero"
	"pgregory.net/rapid"

	"bt/simnet/simfs"
)

// The model: a file is a byte slice, twice, and a directory a map of names.
type modelFile struct{ now, durable []byte }

type model struct {
	fs      *simfs.FS
	now     map[string]*modelFile
	durable map[string]*modelFile
	open    []modelHandle
}

type modelHandle struct {
	file afero.File
	data *modelFile
}

var truth = pattern(2*page + 777)

// TestModel compares random use of a few files by several handles, with crashes,
// with the model. Half of what is written is known content, aligned and not.
func TestModel(t *testing.T) {
	content := simfs.NewContent(truth)
	rapid.Check(t, func(t *rapid.T) {
		m := &model{fs: newFS(), now: map[string]*modelFile{}, durable: map[string]*modelFile{}}
		m.fs.Know("/a", content)
		m.fs.Know("/b", content)
		t.Repeat(map[string]func(*rapid.T){
			"open":     m.openFile,
			"close":    m.close,
			"write":    m.write,
			"known":    m.writeKnown,
			"read":     m.read,
			"truncate": m.truncate,
			"remove":   m.remove,
			"rename":   m.rename,
			"sync":     m.sync,
			"syncDir":  m.syncDir,
			"write 2":  m.write,
			"known 2":  m.writeKnown,
			"sync 2":   m.sync,
			"crash":    m.crash,
			"":         m.check,
		})
	})
}

var names = rapid.SampledFrom([]string{"/a", "/b", "/c"})

func (m *model) openFile(t *rapid.T) {
	m.openNamed(t, names.Draw(t, "name"), rapid.SampledFrom([]int{0, os.O_CREATE, os.O_CREATE | os.O_EXCL, os.O_TRUNC}).Draw(t, "flag"))
}

func (m *model) openNamed(t *rapid.T, name string, flag int) {
	f, err := m.fs.OpenFile(name, os.O_RDWR|flag, 0o666)
	data := m.now[name]
	switch {
	case data == nil && flag&os.O_CREATE == 0:
		if !errors.Is(err, fs.ErrNotExist) {
			t.Fatalf("open of nothing: %v", err)
		}
		return
	case data != nil && flag&os.O_EXCL != 0:
		if !errors.Is(err, fs.ErrExist) {
			t.Fatalf("exclusive open of a file: %v", err)
		}
		return
	case err != nil:
		t.Fatal(err)
	}
	if data == nil {
		data = &modelFile{}
		m.now[name] = data
	}
	if flag&os.O_TRUNC != 0 {
		data.now = nil
	}
	m.open = append(m.open, modelHandle{f, data})
}

func (m *model) handle(t *rapid.T) modelHandle {
	if len(m.open) == 0 {
		m.openNamed(t, names.Draw(t, "name"), os.O_CREATE)
	}
	return m.open[rapid.IntRange(0, len(m.open)-1).Draw(t, "handle")]
}

func (m *model) close(t *rapid.T) {
	h := m.handle(t)
	if err := h.file.Close(); err != nil {
		t.Fatal(err)
	}
	m.open = slices.DeleteFunc(m.open, func(o modelHandle) bool { return o == h })
}

// Offsets and lengths are mostly those where something begins or ends.
var offsets = rapid.OneOf(
	rapid.Map(rapid.IntRange(0, 3), func(i int) int { return i * page }),
	rapid.Just(len(truth)),
	rapid.IntRange(0, 4*page),
)

func (m *model) write(t *rapid.T) {
	h, off := m.handle(t), offsets.Draw(t, "off")
	n := rapid.OneOf(rapid.IntRange(0, 2*page), rapid.IntRange(0, 10)).Draw(t, "n")
	m.writeAt(t, h, bytes.Repeat([]byte{rapid.Byte().Draw(t, "byte")}, n), off)
}

func (m *model) writeKnown(t *rapid.T) {
	h := m.handle(t)
	from := min(len(truth), offsets.Draw(t, "from"))
	to := min(len(truth), max(from, offsets.Draw(t, "to")))
	m.writeAt(t, h, truth[from:to], from)
}

func (m *model) writeAt(t *rapid.T, h modelHandle, p []byte, off int) {
	if n, err := h.file.WriteAt(p, int64(off)); n != len(p) || err != nil {
		t.Fatalf("WriteAt = %d, %v", n, err)
	}
	if end := off + len(p); end > len(h.data.now) && len(p) > 0 {
		h.data.now = resized(h.data.now, end)
	} else {
		h.data.now = slices.Clone(h.data.now)
	}
	copy(h.data.now[min(off, len(h.data.now)):], p)
}

func resized(b []byte, n int) []byte {
	c := make([]byte, n)
	copy(c, b)
	return c
}

func (m *model) read(t *rapid.T) {
	h, off := m.handle(t), offsets.Draw(t, "off")
	p := bytes.Repeat([]byte{0xEE}, rapid.IntRange(1, 2*page).Draw(t, "n"))
	n, err := h.file.ReadAt(p, int64(off))
	want := h.data.now[min(off, len(h.data.now)):]
	want = want[:min(len(want), len(p))]
	if !bytes.Equal(p[:n], want) || (err == io.EOF) != (n < len(p)) || err != nil && err != io.EOF {
		t.Fatalf("ReadAt(%d, %d) = %d, %v, want %d", len(p), off, n, err, len(want))
	}
}

func (m *model) truncate(t *rapid.T) {
	h, size := m.handle(t), offsets.Draw(t, "size")
	if err := h.file.Truncate(int64(size)); err != nil {
		t.Fatal(err)
	}
	h.data.now = resized(h.data.now[:min(size, len(h.data.now))], size)
}

func (m *model) remove(t *rapid.T) {
	name := names.Draw(t, "name")
	if err := m.fs.Remove(name); (err == nil) != (m.now[name] != nil) {
		t.Fatalf("remove %s: %v", name, err)
	}
	delete(m.now, name)
}

func (m *model) rename(t *rapid.T) {
	from, to := names.Draw(t, "from"), names.Draw(t, "to")
	if err := m.fs.Rename(from, to); (err == nil) != (m.now[from] != nil) {
		t.Fatalf("rename %s to %s: %v", from, to, err)
	}
	if data := m.now[from]; data != nil {
		delete(m.now, from)
		m.now[to] = data
	}
}

func (m *model) sync(t *rapid.T) {
	h := m.handle(t)
	if err := h.file.Sync(); err != nil {
		t.Fatal(err)
	}
	h.data.durable = h.data.now // writes copy
}

func (m *model) syncDir(t *rapid.T) {
	if err := m.fs.SyncDir("/"); err != nil {
		t.Fatal(err)
	}
	m.durable = maps.Clone(m.now)
}

// crash ends the process, and sometimes the power with it.
func (m *model) crash(t *rapid.T) {
	m.open = nil
	if rapid.Bool().Draw(t, "kill") {
		m.fs.Kill()
		return
	}
	m.fs.PowerLoss()
	m.now = map[string]*modelFile{}
	for name, data := range m.durable {
		m.now[name] = &modelFile{now: data.durable, durable: data.durable}
	}
	m.durable = maps.Clone(m.now)
}

func (m *model) check(t *rapid.T) {
	m.compare(t, m.fs, m.now, func(f *modelFile) []byte { return f.now })
	m.compare(t, m.fs.Image(), m.durable, func(f *modelFile) []byte { return f.durable })
	if n := len(m.fs.OpenHandles()); n != len(m.open) {
		t.Fatalf("%d open handles, want %d", n, len(m.open))
	}
	if len(m.open) == 0 {
		var sum int64
		for _, f := range m.fs.Files() {
			sum += f.Allocated
		}
		if got := m.fs.Allocated(); got != sum {
			t.Fatalf("%d bytes are allocated, %d by files", got, sum)
		}
	}
}

func (m *model) compare(t *rapid.T, f *simfs.FS, files map[string]*modelFile, data func(*modelFile) []byte) {
	var got []string
	for _, s := range f.Files() {
		got = append(got, fmt.Sprint(s.Path, s.Size))
		want := data(files[s.Path])
		b, err := f.ReadFile(s.Path)
		if err != nil || !bytes.Equal(b, want) {
			t.Fatalf("%s differs: %v", s.Path, err)
		}
		if diff, ok := f.Equal(s.Path, want); !ok || diff != int64(len(want)) {
			t.Fatalf("Equal(%s) = %d, %v", s.Path, diff, ok)
		}
	}
	var want []string
	for _, name := range slices.Sorted(maps.Keys(files)) {
		want = append(want, fmt.Sprint(name, len(data(files[name]))))
	}
	if !slices.Equal(got, want) {
		t.Fatalf("files %v, want %v", got, want)
	}
}
