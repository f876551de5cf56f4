package wire_test

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"bt/client/wire"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"
)

var (
	sameAddr = cmpopts.EquateComparable(netip.Addr{})

	fullExtended = wire.ExtendedHandshake{
		Messages: wire.ExtendedIDs{Metadata: 3, PEX: 1}, Version: "µTorrent 1.2", Port: 6881, Reqq: 250,
		YourIP: netip.MustParseAddr("192.0.2.7"), UploadOnly: true, MetadataSize: 31235,
	}
	fullExtendedBytes = "d1:md11:ut_metadatai3e6:ut_pexi1ee13:metadata_sizei31235e1:pi6881e4:reqqi250e" +
		"11:upload_onlyi1e1:v13:\u00b5Torrent 1.26:yourip4:\xc0\x00\x02\x07e"
)

func TestExtendedHandshakeBytes(t *testing.T) {
	for _, test := range []struct {
		hello wire.ExtendedHandshake
		want  string
	}{
		{wire.ExtendedHandshake{}, "d1:mde11:upload_onlyi0ee"},
		{fullExtended, fullExtendedBytes},
	} {
		if got := string(test.hello.Append([]byte("before"))); got != "before"+test.want {
			t.Errorf("%+v is encoded as\n%q, want\n%q", test.hello, got, test.want)
		}
	}
}

func TestParseExtendedHandshake(t *testing.T) {
	type hello = wire.ExtendedHandshake
	ids := func(metadata, pex uint8) hello {
		return hello{Messages: wire.ExtendedIDs{Metadata: metadata, PEX: pex}}
	}
	for _, test := range []struct {
		name, in string
		want     hello
	}{
		{"all keys", fullExtendedBytes, fullExtended},
		{"nothing", "de", hello{}},
		{"the example of BEP 10", "d1:md11:LT_metadatai1e7:µT_PEXi2ee1:pi6881e1:v13:\xc2\xb5Torrent 1.2e", hello{Port: 6881, Version: "µTorrent 1.2"}},
		{"the example of BEP 21", "d1:md11:ut_metadatai3ee11:upload_onlyi1ee", hello{Messages: wire.ExtendedIDs{Metadata: 3}, UploadOnly: true}},
		{"unsorted keys", "d1:v1:a1:pi9e1:md6:ut_pexi2e11:ut_metadatai1eee", hello{Version: "a", Port: 9, Messages: wire.ExtendedIDs{Metadata: 1, PEX: 2}}},
		{"bytes after the end", "d1:pi9eexyz", hello{Port: 9}},
		{"turned off", "d1:md6:ut_pexi0eee", hello{}},
		{"unknown keys of any kind", "d4:fooxd1:ali1eee1:pi9e9:unknown_yl1:ae9:unknown_zi1ee", hello{Port: 9}},
		{"largest ids", "d1:md11:ut_metadatai255e6:ut_pexi254eee", ids(255, 254)},
		{"ids out of range", "d1:md11:ut_metadatai256e6:ut_pexi-1eee", hello{}},
		{"ids of the wrong type", "d1:md11:ut_metadata1:36:ut_pexi2eee", ids(0, 2)},
		{"m of the wrong type", "d1:mle1:pi9ee", hello{Port: 9}},
		{"values of the wrong type", "d13:metadata_size1:11:pl1:9e4:reqqde11:upload_only1:11:vi1e6:youripi1ee", hello{}},
		{"numbers out of range", "d13:metadata_sizei4294967296e1:pi65536e4:reqqi-1e11:upload_onlyi-1ee", hello{}},
		{"number beyond 64 bits", "d4:reqqi99999999999999999999e1:pi9ee", hello{Port: 9}},
		{"upload_only is off", "d11:upload_onlyi0ee", hello{}},
		{"yourip of 16 bytes", "d6:yourip16:\x20\x01\x0d\xb8\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x01e", hello{YourIP: netip.MustParseAddr("2001:db8::1")}},
		{"yourip is IPv4 in IPv6", "d6:yourip16:\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\xff\xff\x7f\x00\x00\x01e", hello{YourIP: netip.MustParseAddr("127.0.0.1")}},
		{"yourip of 5 bytes", "d6:yourip5:abcdee", hello{}},
		{"version with escapes", "d1:v10:\x1b[2J\r\n\x00a\u00a0e", hello{Version: "?[2J???a?"}},
		{"version that is no UTF-8", "d1:v5:a\xff\xfebce", hello{Version: "a?bc"}},
		{"long version", "d1:v66:" + strings.Repeat("v", 66) + "e", hello{Version: strings.Repeat("v", 64)}},
		{"long version, cut inside a character", "d1:v66:" + strings.Repeat("v", 62) + "€ae", hello{Version: strings.Repeat("v", 62)}},
		{"long version of no characters", "d1:v66:" + strings.Repeat("\x80", 66) + "e", hello{Version: "?"}},
	} {
		got, err := wire.ParseExtendedHandshake([]byte(test.in))
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
		} else if diff := cmp.Diff(test.want, got, sameAddr); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.name, diff)
		}
	}
}

func TestMalformedExtendedHandshake(t *testing.T) {
	large := "d4:fill16384:" + strings.Repeat("x", 16<<10) + "e"
	deep := "d1:a" + strings.Repeat("l", 1000) + strings.Repeat("e", 1000) + "e"
	for _, in := range []string{
		"", "e", "le", "i1e", "3:abc", "d", "d1:p", "d1:pi9e", "di1ei1ee", "d1:pi9e1:v9:abce", "d1:p99999999999:", large, deep,
	} {
		h := fullExtended
		err := h.Update([]byte(in))
		if !errors.Is(err, wire.ErrMalformed) {
			t.Errorf("%.40q: error %v, want ErrMalformed", in, err)
		}
		if h != fullExtended {
			t.Errorf("%.40q: changes the handshake in spite of %v", in, err)
		}
		if err != nil && len(err.Error()) > 200 {
			t.Errorf("%.40q: error of %d bytes", in, len(err.Error()))
		}
	}
}

func TestExtendedHandshakeIsAdditive(t *testing.T) {
	h := fullExtended
	if err := h.Update([]byte("de")); err != nil || h != fullExtended {
		t.Fatalf("after a dictionary without keys: %+v, %v", h, err)
	}
	for _, in := range []string{
		"d1:md6:ut_pexi0eee",
		"d1:pi7000ee",
		"d11:upload_onlyi0ee",
		"d1:mde1:v0:e",
	} {
		if err := h.Update([]byte(in)); err != nil {
			t.Fatalf("%q: %v", in, err)
		}
	}
	want := fullExtended
	want.Messages.PEX, want.Port, want.UploadOnly, want.Version = 0, 7000, false, ""
	if diff := cmp.Diff(want, h, sameAddr); diff != "" {
		t.Errorf("after four updates (-want +got):\n%s", diff)
	}
}

func TestAnyExtendedHandshakeSurvives(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := wire.ExtendedHandshake{
			Messages:     wire.ExtendedIDs{Metadata: rapid.Byte().Draw(t, "metadata"), PEX: rapid.Byte().Draw(t, "pex")},
			Version:      rapid.StringOfN(rapid.RuneFrom(nil, unicode.Latin, unicode.Han), 0, -1, 64).Draw(t, "version"),
			Port:         rapid.IntRange(0, 65535).Draw(t, "port"),
			Reqq:         rapid.IntRange(0, 1<<31-1).Draw(t, "reqq"),
			UploadOnly:   rapid.Bool().Draw(t, "upload only"),
			MetadataSize: rapid.IntRange(0, 1<<31-1).Draw(t, "metadata size"),
		}
		length := rapid.SampledFrom([]int{0, 4, 16}).Draw(t, "address length")
		addr, _ := netip.AddrFromSlice(rapid.SliceOfN(rapid.Byte(), length, length).Draw(t, "address"))
		want.YourIP = addr.Unmap()

		got, err := wire.ParseExtendedHandshake(want.Append(nil))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, sameAddr); diff != "" {
			t.Fatalf("(-want +got):\n%s", diff)
		}
	})
}

// FuzzExtendedHandshake: nothing makes the parser panic, and what it returns
// keeps to the bounds and means the same when it is encoded again.
func FuzzExtendedHandshake(f *testing.F) {
	f.Add([]byte(fullExtendedBytes))
	f.Add([]byte("d1:md6:ut_pexi0eee"))
	f.Add([]byte("d1:v66:" + strings.Repeat("v", 62) + "€ae"))
	f.Add([]byte("d1:ad1:bl1:cee1:pi-0e4:reqqi+1e6:yourip4:abcde"))
	f.Fuzz(func(t *testing.T, in []byte) {
		h, err := wire.ParseExtendedHandshake(in)
		if err != nil {
			if !errors.Is(err, wire.ErrMalformed) || h != (wire.ExtendedHandshake{}) {
				t.Fatalf("%+v with error %v", h, err)
			}
			return
		}
		if len(h.Version) > 64 || !utf8.ValidString(h.Version) || strings.ContainsFunc(h.Version, func(r rune) bool { return !unicode.IsPrint(r) }) {
			t.Fatalf("version %q", h.Version)
		}
		if h.Port < 0 || h.Port > 65535 || h.Reqq < 0 || h.MetadataSize < 0 {
			t.Fatalf("out of range: %+v", h)
		}
		again, err := wire.ParseExtendedHandshake(h.Append(nil))
		if err != nil || again != h {
			t.Fatalf("%+v\nbecomes %+v, %v", h, again, err)
		}
	})
}
