package bitfield_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"bt/client/bitfield"

	"pgregory.net/rapid"
)

func ExampleBitfield() {
	have := bitfield.New(10)
	have.Set(0)
	have.Set(9)
	fmt.Printf("%08b\n", have.Bytes())
	for i := have.Next(0); i >= 0; i = have.Next(i + 1) {
		fmt.Println("piece", i)
	}
	// Output:
	// [10000000 01000000]
	// piece 0
	// piece 9
}

// A bitfield does what a slice of bools does, whatever is done to it.
func TestAgainstBools(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 70).Draw(t, "n")
		got, want := bitfield.New(n), make([]bool, n)
		fill := func(v bool) {
			for i := range want {
				want[i] = v
			}
		}
		index := rapid.IntRange(0, max(n-1, 0))
		t.Repeat(map[string]func(*rapid.T){
			"set": func(t *rapid.T) {
				if i := index.Draw(t, "i"); i < n {
					got.Set(i)
					want[i] = true
				}
			},
			"clear": func(t *rapid.T) {
				if i := index.Draw(t, "i"); i < n {
					got.Clear(i)
					want[i] = false
				}
			},
			"setAll":   func(*rapid.T) { got.SetAll(); fill(true) },
			"clearAll": func(*rapid.T) { got.ClearAll(); fill(false) },
			"wire": func(t *rapid.T) {
				again, err := bitfield.FromWire(got.Bytes(), n)
				if err != nil {
					t.Fatalf("own bytes refused: %v", err)
				}
				got = again
			},
			"clone": func(*rapid.T) {
				old := got
				got = got.Clone()
				old.SetAll() // must not be seen
			},
			"": func(t *rapid.T) { compare(t, &got, want) },
		})
	})
}

func compare(t *rapid.T, got *bitfield.Bitfield, want []bool) {
	count := 0
	for i, w := range want {
		if got.Has(i) != w {
			t.Fatalf("Has(%d) = %t, want %t", i, !w, w)
		}
		if w {
			count++
		}
	}
	if got.Has(-1) || got.Has(len(want)) {
		t.Fatal("has a bit out of range")
	}
	if got.Len() != len(want) || got.Count() != count {
		t.Fatalf("Len, Count = %d, %d; want %d, %d", got.Len(), got.Count(), len(want), count)
	}
	if got.All() != (count == len(want)) || got.None() != (count == 0) {
		t.Fatalf("All, None = %t, %t with %d of %d", got.All(), got.None(), count, len(want))
	}
	for i := -2; i < len(want)+2; i++ {
		if g, w := got.Next(i), indexFrom(want, true, i); g != w {
			t.Fatalf("Next(%d) = %d, want %d", i, g, w)
		}
		if g, w := got.NextClear(i), indexFrom(want, false, i); g != w {
			t.Fatalf("NextClear(%d) = %d, want %d", i, g, w)
		}
	}
}

func indexFrom(bools []bool, v bool, from int) int {
	for i := max(from, 0); i < len(bools); i++ {
		if bools[i] == v {
			return i
		}
	}
	return -1
}

func TestFromWire(t *testing.T) {
	tests := []struct {
		name  string
		bytes []byte
		n     int
		count int
		ok    bool
	}{
		{"nothing", nil, 0, 0, true},
		{"high bit is index 0", []byte{0x80}, 1, 1, true},
		{"whole bytes", []byte{0xff, 0xff}, 16, 16, true},
		{"last bit before the spare ones", []byte{0x00, 0x40}, 10, 1, true},
		{"spare bit", []byte{0x00, 0x20}, 10, 0, false},
		{"lowest spare bit", []byte{0x01}, 7, 0, false},
		{"too short", []byte{0xff}, 9, 0, false},
		{"too long", []byte{0xff, 0x00}, 8, 0, false},
		{"bytes for no bits", []byte{0x00}, 0, 0, false},
		{"negative length", nil, -1, 0, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			in := slices.Clone(tt.bytes)
			b, err := bitfield.FromWire(in, tt.n)
			if (err == nil) != tt.ok {
				t.Fatalf("error = %v, want ok = %t", err, tt.ok)
			}
			if err != nil {
				return
			}
			if b.Count() != tt.count {
				t.Errorf("Count = %d, want %d", b.Count(), tt.count)
			}
			clear(in) // the bitfield is a copy
			if !bytes.Equal(b.Bytes(), tt.bytes) {
				t.Errorf("Bytes = %x, want %x", b.Bytes(), tt.bytes)
			}
		})
	}
}

func TestOutOfRangePanics(t *testing.T) {
	for _, i := range []int{-1, 10, 15} { // 15 is a spare bit of the second byte
		for name, change := range map[string]func(*bitfield.Bitfield, int){
			"Set": (*bitfield.Bitfield).Set, "Clear": (*bitfield.Bitfield).Clear,
		} {
			func() {
				defer func() {
					if recover() == nil {
						t.Errorf("%s(%d) of 10 bits did not panic", name, i)
					}
				}()
				b := bitfield.New(10)
				change(&b, i)
			}()
		}
	}
}

func FuzzFromWire(f *testing.F) {
	f.Add([]byte{0xff, 0xc0}, 10)
	f.Add([]byte{0x01}, 7)
	f.Fuzz(func(t *testing.T, in []byte, n int) {
		b, err := bitfield.FromWire(in, n)
		if err != nil {
			return
		}
		if b.Len() != n || !bytes.Equal(b.Bytes(), in) {
			t.Errorf("FromWire(%x, %d) became %d bits %x", in, n, b.Len(), b.Bytes())
		}
	})
}
