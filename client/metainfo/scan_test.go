package metainfo_test

import (
	"errors"
	"strings"
	"testing"

	"bt/client/metainfo"
)

func TestBencodeErrors(t *testing.T) {
	tests := []struct {
		name, torr string
		offset     int
		want       string
	}{
		{"empty", "", 0, "the file is empty"},
		{"a web page", "<html>", 0, `'<' begins no value`},
		{"only an end", "e", 0, `'e' begins no value`},
		{"cut in a dictionary", "d4:infod1:ai1e", 14, "the file ends inside the dictionary that begins at byte 7"},
		{"cut in a list", "d1:al1:b", 8, "the file ends inside the list that begins at byte 4"},
		{"cut in a string", "d6:pieces20:abc", 15, "the file ends inside a string: 17 of its 20 bytes are missing (it begins at byte 9)"},
		{"cut in a length", "d12", 3, "the file ends inside the length of a string at byte 1"},
		{"cut in an integer", "d1:ai12", 7, "the file ends inside the integer at byte 4"},
		{"cut in a sign", "d1:ai-", 6, "the file ends inside the integer at byte 4"},
		{"no digits", "d1:aiee", 5, `'e' in the integer at byte 4`},
		{"letters in an integer", "d1:ai1xe", 6, `'x' in the integer at byte 4`},
		{"float", "d1:ai1.5e", 6, `'.' in the integer at byte 4`},
		{"minus zero", "d1:ai-0ee", 4, "an integer cannot be -0"},
		{"leading zero", "d1:ai03ee", 4, "the integer has a leading zero"},
		{"leading zero of a length", "d01:a", 1, "the length of a string has a leading zero"},
		{"huge string", "d99999999999999999999:a", 1, "a string longer than the limit of 67108864 bytes"},
		{"string over the limit", "d134217727:a", 1, "a string longer than the limit of 67108864 bytes"},
		{"key is an integer", "di1e1:ae", 1, `a key of a dictionary must be a string, not 'i'`},
		{"key is a list", "dl1:ae1:be", 1, `a key of a dictionary must be a string, not 'l'`},
		{"key without value", "d4:infoe", 7, `key "info" of the dictionary has no value`},
		{"nonsense in a list", "d1:al?ee", 5, `'?' begins no value`},
		{"too deep", "d1:a" + strings.Repeat("l", 100), 67, "more than 64 lists and dictionaries inside one another"},
		{"bomb", strings.Repeat("l", 1<<22), 64, "more than 64 lists and dictionaries inside one another"},
		{"bomb of dictionaries", strings.Repeat("d1:a", 1<<20), 256, "more than 64 lists and dictionaries inside one another"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := metainfo.Parse([]byte(tt.torr))
			var syntax *metainfo.SyntaxError
			if !errors.As(err, &syntax) || !errors.Is(err, metainfo.ErrBencode) || errors.Is(err, metainfo.ErrInvalid) {
				t.Fatalf("error = %v, want a SyntaxError", err)
			}
			if syntax.Offset != tt.offset || syntax.What != tt.want {
				t.Errorf("error\n got byte %d: %s\nwant byte %d: %s", syntax.Offset, syntax.What, tt.offset, tt.want)
			}
		})
	}
}

// Every cut of a torrent is seen, and told with the place of the cut.
func TestEveryTruncation(t *testing.T) {
	whole := multi("a/b", "c")
	for n := range whole {
		_, err := metainfo.Parse(whole[:n])
		var syntax *metainfo.SyntaxError
		if !errors.As(err, &syntax) || syntax.Offset != n {
			t.Fatalf("cut at %d: %v", n, err)
		}
	}
}

// Millions of small values are refused for what they are, and quickly: none is made before they are counted.
func TestManyValuesAreCheap(t *testing.T) {
	for name, b := range map[string][]byte{
		"announce-list": []byte("d13:announce-listl" + strings.Repeat("le", 1<<20) + "e4:info" + goodInfo + "e"),
		"one tier":      []byte("d13:announce-listll" + strings.Repeat("0:", 1<<20) + "ee4:info" + goodInfo + "e"),
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := metainfo.Parse(b); !errors.Is(err, metainfo.ErrInvalid) {
				t.Errorf("error = %v, want ErrInvalid", err)
			}
		})
	}
}

const goodInfo = "d6:lengthi1e4:name1:a12:piece lengthi1e6:pieces20:0123456789abcdefghije"
