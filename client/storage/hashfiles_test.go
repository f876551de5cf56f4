package storage

import (
	"crypto/sha1"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"

	"bt/client/metainfo"

	"github.com/spf13/afero"
)

func writeFiles(t *testing.T, tr *torrent) (paths []string, lengths []int64) {
	t.Helper()
	dir := t.TempDir()
	for i, f := range tr.info.Files {
		path := filepath.Join(dir, filepath.Join(f.Path...))
		if err := os.WriteFile(path, tr.file(i), 0o600); err != nil {
			t.Fatal(err)
		}
		paths, lengths = append(paths, path), append(lengths, f.Length)
	}
	return paths, lengths
}

func TestHashFiles(t *testing.T) {
	for _, tt := range []struct {
		pieceLength int
		files       []testFile
	}{
		{16, []testFile{{"a", 1}}},
		{16, []testFile{{"a", 0}, {"b", 32}, {"c", 0}, {"d", 0}}},
		{100, []testFile{{"a", 150}, {"b", 151}, {"c", 99}}},
		{16 * kib, []testFile{{"a", 3 << 20}, {"b", 0}, {"c", 1<<20 + 5}}}, // several batches of many pieces
		{2 << 20, []testFile{{"a", 3 << 20}, {"b", 3<<20 + 1}}},            // a piece a batch
		{3 * kib, []testFile{{"a", 2 << 20}}},                              // batches of no round size
	} {
		tr := newTorrent(t, tt.pieceLength, tt.files...)
		paths, lengths := writeFiles(t, tr)
		var want []metainfo.Hash
		for p := range tr.info.NumPieces() {
			want = append(want, tr.info.PieceHash(p))
		}
		for _, workers := range []int{1, 3} {
			last := int64(0)
			got, err := HashFiles(afero.NewOsFs(), paths, lengths, int64(tt.pieceLength), workers, func(done int64) {
				if done <= last {
					t.Errorf("progress went from %d to %d", last, done)
				}
				last = done
			})
			if err != nil || !slices.Equal(got, want) {
				t.Errorf("%v with %d workers: wrong hashes, error %v", tt, workers, err)
			}
			if last != int64(len(tr.data)) {
				t.Errorf("progress ended at %d of %d", last, len(tr.data))
			}
		}
	}
}

func TestHashFilesErrors(t *testing.T) {
	tr := newTorrent(t, 100, testFile{"a", 150}, testFile{"b", 3 << 20}, testFile{"c", 10})
	for name, tt := range map[string]struct {
		spoil func(path string, when string) error
		want  error
	}{
		"longer before":  {at("start", func(p string) error { return os.Truncate(p, 4<<20) }), errLength},
		"shorter before": {at("start", func(p string) error { return os.Truncate(p, 1<<20) }), errLength},
		"shorter while":  {at("open", func(p string) error { return os.Truncate(p, 2<<20) }), errLength},
		"longer while":   {at("open", func(p string) error { return os.Truncate(p, 4<<20) }), errLength},
		"missing":        {at("start", os.Remove), os.ErrNotExist},
		"directory": {at("start", func(p string) error {
			return errors.Join(os.Remove(p), os.Mkdir(p, 0o700))
		}), ErrNotFile},
	} {
		paths, lengths := writeFiles(t, tr)
		if err := tt.spoil(paths[1], "start"); err != nil {
			t.Fatal(err)
		}
		fsys := &faultFs{afero.NewOsFs(), func(op, path string) error {
			if path != paths[1] {
				return nil
			}
			return tt.spoil(path, op)
		}}
		_, err := HashFiles(fsys, paths, lengths, 100, 2, nil)
		if e, ok := errors.AsType[*Error](err); !errors.Is(err, tt.want) || !ok || e.Path != paths[1] {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
	}
	if _, err := HashFiles(afero.NewOsFs(), []string{"a"}, nil, 1, 1, nil); err == nil {
		t.Error("paths without lengths are accepted")
	}
	if _, err := HashFiles(afero.NewOsFs(), []string{"a", "b"}, []int64{1 << 62, 1 << 62}, 1, 1, nil); err == nil {
		t.Error("an overflowing length is accepted")
	}
}

// at runs do at one moment.
func at(moment string, do func(path string) error) func(string, string) error {
	return func(path, when string) error {
		if when != moment {
			return nil
		}
		return do(path)
	}
}

// countingOS is OS that counts the bytes read.
type countingOS struct {
	osFs
	bytes *atomic.Int64
}

type countingFile struct {
	osFile
	bytes *atomic.Int64
}

func (c countingOS) Open(name string) (afero.File, error) {
	f, err := os.Open(name)
	return countingFile{osFile{f}, c.bytes}, err
}

func (f countingFile) ReadAt(p []byte, off int64) (int, error) {
	f.bytes.Add(int64(len(p)))
	return f.osFile.ReadAt(p, off)
}

// What lies in a hole is not read, and counts as zeros.
func TestHashFilesHoles(t *testing.T) {
	const size, piece = 64 << 20, 1 << 20
	path := filepath.Join(t.TempDir(), "sparse")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteAt([]byte("something"), 20<<20+5)
	if err = errors.Join(err, f.Truncate(size), f.Close()); err != nil {
		t.Fatal(err)
	}
	f, err = os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if data, err := nextData(f, 0); err != nil || data == 0 {
		t.Skipf("the filesystem of %s knows no holes: data at %d, %v", path, data, err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var read atomic.Int64
	got, err := HashFiles(countingOS{bytes: &read}, []string{path}, []int64{size}, piece, 2, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, sum := range got {
		if want := metainfo.Hash(sha1.Sum(data[i*piece : (i+1)*piece])); sum != want {
			t.Errorf("piece %d: %v, want %v", i, sum, want)
		}
	}
	if n := read.Load(); n > 2*piece {
		t.Errorf("%d bytes were read of a file with one page of data", n)
	}
}

func BenchmarkHashFiles(b *testing.B) {
	path := filepath.Join(b.TempDir(), "a")
	const size = 64 << 20
	if err := os.WriteFile(path, make([]byte, size), 0o600); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(size)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := HashFiles(OS(), []string{path}, []int64{size}, 256*kib, 2, nil); err != nil {
			b.Fatal(err)
		}
	}
}
