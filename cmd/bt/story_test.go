package main

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"bt/client/metainfo"
	"bt/client/resume"
)

// storyDir has the story that the simulator plays too, and what is on disk after
// each of its legs.
const storyDir = "../../scenarios/testdata/"

// story is story.yaml.
type story struct {
	Name  string
	Seed  uint64
	Piece string
	Files []struct {
		Path string
		Size int64
	}
	Legs []struct {
		About  string
		Select []int  // files, counted from 1
		Source string // pieces that its only peer has; "": all
	}

	content []byte // of all files put together
	meta    *metainfo.MetaInfo
	raw     []byte // the .torrent file
}

// legMax bounds a leg: a checkpoint is made every half minute.
const legMax = 60 * time.Second

// TestStory plays the story of the simulator with processes, sockets and a disk:
// what is on disk after each leg is the same, bit for bit.
func TestStory(t *testing.T) {
	if testing.Short() {
		t.Skip("waits for checkpoints, half a minute each")
	}
	st := readStory(t)
	golden, err := os.ReadFile(storyDir + "story.golden")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"bt", "libtorrent"} {
		t.Run("from "+name, func(t *testing.T) {
			t.Parallel()
			st.play(t, name, string(golden))
		})
	}
}

func (st *story) play(t *testing.T, source, golden string) {
	dir := t.TempDir()
	out, torrent, home := filepath.Join(dir, "out"), filepath.Join(dir, "story.torrent"), filepath.Join(dir, "home")
	if err := os.WriteFile(torrent, st.raw, 0o600); err != nil {
		t.Fatal(err)
	}
	head, rest, _ := strings.Cut(golden, "\n")
	if want := fmt.Sprintf("info-hash %v", st.meta.InfoHash); head != want {
		t.Fatalf("this is another torrent: %s, the golden file has %s", want, head)
	}
	for i, l := range st.Legs {
		// Each leg of the golden file ends where the next begins.
		want, after, _ := strings.Cut(rest, fmt.Sprintf("leg %d: ", i+2))
		rest = fmt.Sprintf("leg %d: ", i+2) + after
		sourceDir := filepath.Join(dir, fmt.Sprintf("source-%d", i+1))
		st.fill(t, sourceDir, l.Source)
		peer, stop := startSource(t, source, sourceDir, torrent, l.Source == "")

		var files []string
		for _, n := range l.Select {
			files = append(files, strconv.Itoa(n))
		}
		args := []string{"get", "--json", "-d", out, "-s", strings.Join(files, ","), "--peer", peer, torrent}
		if i+1 < len(st.Legs) {
			st.killed(t, home, out, want, append(args, "--seed")...)
		} else {
			st.start(t, home, args...).wait(t)
		}
		stop()
		got := fmt.Sprintf("leg %d: %s\n%s%s", i+1, l.About, st.tree(t, out), st.claims(t, home, out))
		if got != want {
			t.Fatalf("in the simulator, there was\n%s\nand here is\n%s", want, got)
		}
	}
}

func (st *story) start(t *testing.T, home string, args ...string) *process {
	t.Helper()
	cmd := btCommand(t, args...)
	cmd.Env = append(cmd.Env, homeVariable+"="+home)
	return startProcess(t, cmd)
}

// killed runs bt until it has noted down what the golden text of a leg ends with,
// and kills it.
func (st *story) killed(t *testing.T, home, out, want string, args ...string) {
	t.Helper()
	bt := st.start(t, home, args...)
	for until := time.Now().Add(legMax); time.Now().Before(until); time.Sleep(50 * time.Millisecond) {
		if strings.HasSuffix(want, st.claims(t, home, out)) {
			break
		}
	}
	if err := bt.cmd.Process.Kill(); err != nil {
		t.Error(err)
	}
	bt.wait(t)
}

// startSource starts the only peer of a leg, and returns its address.
func startSource(t *testing.T, client, dir, torrent string, complete bool) (peer string, stop func()) {
	t.Helper()
	if client == "bt" {
		command := "get"
		if complete {
			command = "seed"
		}
		cmd := btCommand(t, command, "--json", "-d", dir, torrent)
		cmd.Env = append(cmd.Env, homeVariable+"="+dir+"-home")
		p := startProcess(t, cmd)
		p.waitFor(t, `"listening"`)
		peer = "127.0.0.1:" + between(p.seen.String(), `"port":`, "}")
		return peer, func() {
			if err := p.cmd.Process.Kill(); err != nil {
				t.Error(err)
			}
			p.wait(t)
		}
	}
	c := foreignClients[slices.IndexFunc(foreignClients, func(c foreign) bool { return c.name == client })]
	if err := c.installed(); err != nil {
		missing(t, fmt.Sprintf("%s is not installed: %v", c.name, err))
	}
	r := &interopRun{dir: dir + "-scratch"}
	if err := os.Mkdir(r.dir, 0o755); err != nil {
		t.Fatal(err)
	}
	port := freePort(t)
	// It ends with the test: later legs do not know of it.
	r.startForeign(t, c, foreignRun{seed: true, dir: dir, torrent: torrent, port: port})
	return "127.0.0.1:" + strconv.Itoa(port), func() {}
}

func readStory(t *testing.T) *story {
	t.Helper()
	raw, err := os.ReadFile(storyDir + "story.yaml")
	if err != nil {
		t.Fatal(err)
	}
	st := &story{}
	if err := yaml.Unmarshal(raw, st); err != nil {
		t.Fatal(err)
	}
	var piece size
	if err := piece.Set(st.Piece); err != nil {
		t.Fatal(err)
	}
	b := metainfo.Builder{Name: st.Name, PieceLength: int64(piece)}
	total := int64(0)
	for _, f := range st.Files {
		b.Files = append(b.Files, metainfo.BuildFile{Path: strings.Split(f.Path, "/"), Length: f.Size})
		total += f.Size
	}
	// The bytes are those of package scenarios; the info-hash shows it.
	const contentStream = 0x636f6e74656e74
	for rng := rand.NewPCG(st.Seed, contentStream); int64(len(st.content)) < total; {
		st.content = binary.LittleEndian.AppendUint64(st.content, rng.Uint64())
	}
	st.content = st.content[:total]
	var hashes []metainfo.Hash
	for p := range slices.Chunk(st.content, int(b.PieceLength)) {
		hashes = append(hashes, sha1.Sum(p))
	}
	if st.raw, err = b.Encode(hashes); err != nil {
		t.Fatal(err)
	}
	if st.meta, err = metainfo.Parse(st.raw); err != nil {
		t.Fatal(err)
	}
	return st
}

// fill makes the files of a source: what it lacks is zero.
func (st *story) fill(t *testing.T, dir, pieces string) {
	t.Helper()
	info := &st.meta.Info
	content := slices.Clone(st.content)
	for p := range info.NumPieces() {
		if pieces != "" && !inRanges(t, pieces, p) {
			begin := int64(p) * info.PieceLength
			clear(content[begin : begin+info.PieceSize(p)])
		}
	}
	for i := range info.Files {
		f := &info.Files[i]
		name := filepath.Join(dir, filePath(info, f))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, content[f.Offset:f.Offset+f.Length], 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// inRanges says whether n is in a list such as "0-9,12".
func inRanges(t *testing.T, list string, n int) bool {
	t.Helper()
	for part := range strings.SplitSeq(list, ",") {
		from, to, ranged := strings.Cut(part, "-")
		if !ranged {
			to = from
		}
		first, err := strconv.Atoi(from)
		last, err2 := strconv.Atoi(to)
		if err != nil || err2 != nil {
			t.Fatalf("source %q", list)
		}
		if first <= n && n <= last {
			return true
		}
	}
	return false
}

// tree describes what is below a directory as the simulator's test does.
func (st *story) tree(t *testing.T, dir string) string {
	t.Helper()
	var lines []string
	var part, index []byte
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		rel, _ := filepath.Rel(dir, path)
		rel = filepath.ToSlash(rel)
		switch {
		case err != nil || path == dir:
			return err
		case d.IsDir():
			lines = append(lines, "  dir   "+rel)
			return nil
		}
		b, err := os.ReadFile(path)
		switch {
		case strings.HasSuffix(path, ".bt-part"):
			part = b
		case strings.HasSuffix(path, ".bt-part.index"):
			index = b
		}
		lines = append(lines, fmt.Sprintf("  file  %s %d %x", rel, len(b), sha256.Sum256(b)))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	lines = append(lines, st.shares(part, index)...)
	slices.Sort(lines)
	return strings.Join(lines, "\n") + "\n"
}

// shares lists what the index of a part file speaks of; client/storage has its
// format.
func (st *story) shares(part, index []byte) (lines []string) {
	const header, entry = 8 + 4 + 8 + 32 + 4 + 4, 4 + 4 + 4 + 8 + 8
	if len(index) < header+sha256.Size {
		return nil
	}
	info := &st.meta.Info
	for e := range slices.Chunk(index[header:len(index)-sha256.Size], entry) {
		var v struct {
			Slot, Piece, File uint32
			Off, N            int64
		}
		if err := binary.Read(bytes.NewReader(e), binary.BigEndian, &v); err != nil {
			return []string{err.Error()}
		}
		at := (int64(v.Slot)-int64(v.Piece))*info.PieceLength + info.Files[v.File].Offset + v.Off
		lines = append(lines, fmt.Sprintf("  share %02d of file %d: %d bytes from %d %x", v.Piece, v.File+1, v.N, v.Off, sha256.Sum256(part[at:at+v.N])))
	}
	return lines
}

// claims lists the pieces that the state on disk has, as the golden file does.
func (st *story) claims(t *testing.T, home, dir string) string {
	t.Helper()
	real, err := realDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	text := "  had  "
	saved, _ := readGenerations(statePath(home, st.meta.InfoHash, real) + stateSuffix)
	if saved == nil {
		return text + "\n"
	}
	s, err := resume.Decode(saved.cache)
	if err != nil {
		t.Fatal(err)
	}
	for p := s.Pieces.Next(0); p >= 0; p = s.Pieces.Next(p + 1) {
		text += fmt.Sprintf(" %d", p)
	}
	return text + "\n"
}
