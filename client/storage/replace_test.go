package storage

import (
	"bytes"
	"errors"
	"syscall"
	"testing"
	"time"

	"github.com/spf13/afero"

	"bt/simnet/simfs"
)

// generation is content that says whether it is whole.
func generation(n byte) []byte { return append(bytes.Repeat([]byte{n}, 3000), n) }

var errTorn = errors.New("torn")

func whole(b []byte) error {
	if len(b) != 3001 || !bytes.Equal(b, generation(b[0])) {
		return errTorn
	}
	return nil
}

// readBack returns the number of the generation that is found, 0 for none.
func readBack(t *testing.T, fsys afero.Fs) (n byte, damage error) {
	t.Helper()
	damage = ReadGenerations(fsys, "/home/state/x", 1<<20, func(b []byte) error {
		if err := whole(b); err != nil {
			return err
		}
		n = b[0]
		return nil
	})
	return n, damage
}

// TestReplaceSurvives loses the power at every operation of replacing a file, and
// looks at all that can be left of it: the old content or the new, without any
// word of damage, and the new one when the call has ended.
func TestReplaceSurvives(t *testing.T) {
	for _, old := range []byte{0, 1, 2} { // generations that were there before
		disk := simfs.New(func() time.Time { return time.Unix(1, 0) })
		if err := disk.Mkdir("/home", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := disk.SyncDir("/"); err != nil {
			t.Fatal(err)
		}
		for n := range old {
			if err := ReplaceFile(disk, "/home/state/x", generation(n+1)); err != nil {
				t.Fatal(err)
			}
		}
		images, found := 0, make(map[byte]bool)
		look := func(allowed ...byte) {
			for _, crash := range []simfs.Crash{{Window: 8}, {Window: 2, Torn: true}} {
				for image := range disk.CrashImages(crash) {
					images++
					n, damage := readBack(t, image)
					if !bytes.Contains(allowed, []byte{n}) || damage != nil {
						t.Errorf("after %q: generation %d, %v; want one of %d", disk.Pending(), n, damage, allowed)
					}
					found[n] = true
					// And whatever is left is no obstacle.
					if err := ReplaceFile(image, "/home/state/x", generation(9)); err != nil {
						t.Errorf("written again: %v", err)
					} else if n, _ := readBack(t, image.Image()); n != 9 {
						t.Errorf("written again: generation %d", n)
					}
				}
			}
		}
		disk.OnOp(func(simfs.Op, string) { look(old, old+1) })
		if err := ReplaceFile(disk, "/home/state/x", generation(old+1)); err != nil {
			t.Fatal(err)
		}
		disk.OnOp(nil)
		if !found[old] || !found[old+1] || images < 30 {
			t.Errorf("%d images have shown generations %v", images, found)
		}
		look(old + 1)
	}
}

// TestReplaceFails: whichever operation fails, the error is told, and what was
// there can be read.
func TestReplaceFails(t *testing.T) {
	for at := range 40 {
		disk := simfs.New(func() time.Time { return time.Unix(1, 0) })
		if err := ReplaceFile(disk, "/home/state/x", generation(1)); err != nil {
			t.Fatal(err)
		}
		disk.Inject(simfs.Fault{After: at, Count: 1, Err: syscall.ENOSPC})
		err := ReplaceFile(disk, "/home/state/x", generation(2))
		disk.ClearFaults()
		n, damage := readBack(t, disk)
		if damage != nil || n != 1 && n != 2 || err == nil && n != 2 {
			t.Errorf("operation %d fails with %v: generation %d, %v", at, err, n, damage)
		}
		if err == nil {
			if at < 5 {
				t.Errorf("operation %d fails, and nobody is told", at)
			}
			return
		}
	}
	t.Error("there is no end of operations")
}

// TestReadGenerationsSkips: what is damaged is told of, and not taken.
func TestReadGenerationsSkips(t *testing.T) {
	disk := simfs.New(func() time.Time { return time.Unix(1, 0) })
	for n := byte(1); n <= 2; n++ {
		if err := ReplaceFile(disk, "/home/state/x", generation(n)); err != nil {
			t.Fatal(err)
		}
	}
	f, err := disk.OpenFile("/home/state/x", syscall.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt([]byte{7}, 9); err != nil {
		t.Fatal(err)
	}
	if n, damage := readBack(t, disk); n != 1 || !errors.Is(damage, errTorn) {
		t.Errorf("generation %d, %v", n, damage)
	}
	if err := ReadGenerations(disk, "/home/state/x", 100, whole); err == nil {
		t.Error("what is larger than the limit is read")
	}
}
