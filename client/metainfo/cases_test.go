package metainfo_test

import (
	"crypto/sha1"
	"testing"

	"bt/client/metainfo"
)

// A name of digits is a name, and the info-hash that of its very bytes.
func TestR09NamesOfDigits(t *testing.T) {
	for _, name := range []string{"2012", "007"} {
		b := single(func(_, i dict) { i["name"] = name })
		m := mustParse(t, b)
		if m.Info.Name != name || m.Info.Files[0].Path[0] != name {
			t.Errorf("name %q, want %q", m.Info.Name, name)
		}
		if want := metainfo.Hash(sha1.Sum(m.InfoBytes)); m.InfoHash != want {
			t.Errorf("info-hash %v, want %v", m.InfoHash, want)
		}
	}
}
