package main

import (
	"slices"
	"strings"
	"testing"

	"bt/client/metainfo"
)

func TestPriorities(t *testing.T) {
	info := &metainfo.Info{Name: "x", Files: make([]metainfo.File, 5)}
	info.Files[3].Pad = true
	for _, test := range []struct {
		selected, priority string
		want               []int
		err                string
	}{
		{"", "", nil, ""},
		{"1-2,5", "", []int{1, 1, 0, 0, 1}, ""},
		{"4-", "", []int{0, 0, 0, 1, 1}, ""},
		{"2", "2=1000", []int{0, 1000, 0, 0, 0}, ""},
		{"", "3=1000,5=0", []int{1, 1, 1000, 1, 0}, ""},
		{"1", "2-3=7", []int{1, 7, 7, 0, 0}, ""},
		{"", "1-5=0,5=1", []int{0, 0, 0, 0, 1}, ""},
		{"6", "", nil, "there is no file 6, only 1 to 5"},
		{"0", "", nil, "there is no file 0"},
		{"1-9", "", nil, "there is no file 9"},
		{"3-2", "", nil, "is empty"},
		{"1,,2", "", nil, `"" is no file number`},
		{"-3", "", nil, `"-3" is no file number`},
		{"", "1=-1", nil, `"-1" is no priority`},
		{"", "1=99999999999", nil, "is no priority"},
		{"", "1", nil, "is not FILE=PRIORITY"},
		{"", "9=1", nil, "there is no file 9"},
		{"", "1-3=0,5=0", nil, "no file is left"}, // but padding
	} {
		got, err := priorities(info, test.selected, test.priority)
		text := ""
		if err != nil {
			text = err.Error()
			if codeOf(err) != codeUsage {
				t.Errorf("select %q, priority %q: exit code %d", test.selected, test.priority, codeOf(err))
			}
		}
		if !slices.Equal(got, test.want) || test.err == "" && err != nil || !strings.Contains(text, test.err) {
			t.Errorf("select %q, priority %q: %v, %v; want %v, %q", test.selected, test.priority, got, err, test.want, test.err)
		}
	}
}

func TestSize(t *testing.T) {
	for in, want := range map[string]int64{
		"0": 0, "262144": 262144, "256KiB": 256 << 10, "256k": 256 << 10, "64 MiB": 64 << 20,
		"1G": 1 << 30, "2TiB": 2 << 40, "5kB": 5000, "5MB": 5e6, "7b": 7,
		"1.5G": 3 << 29, "1.5MiB": 3 << 19, "0.25k": 256, "2.5kB": 2500,
	} {
		var s size
		if err := s.Set(in); err != nil || int64(s) != want {
			t.Errorf("Set(%q): %d, %v; want %d", in, int64(s), err, want)
		}
		var back size
		if err := back.Set(s.String()); s != 0 && (err != nil || back != s) {
			t.Errorf("%q is written as %q, which reads as %d, %v", in, s.String(), int64(back), err)
		}
	}
	for _, in := range []string{"", "k", "-1", "1.x5G", "1.5.5", ".", "1.-5k", "1e3", "1X", "1KK", "9999999999999999999", "9999999T", "8388607.9T"} {
		if s := size(7); s.Set(in) == nil || s != 7 {
			t.Errorf("Set(%q) is accepted as %d", in, int64(s))
		}
	}
}
