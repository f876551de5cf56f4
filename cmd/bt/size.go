package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// size is a flag for a number of bytes: "262144", "256KiB", "256K". As with
// other clients K, M, G and T are powers of 1024; kB, MB, GB and TB are of 1000.
type size int64

var sizeUnits = map[string]int64{
	"": 1, "b": 1,
	"k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40,
	"kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30, "tib": 1 << 40,
	"kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12,
}

// Set implements pflag.Value.
func (s *size) Set(text string) error {
	digits := strings.TrimRight(text, "bBiIkKmMgGtT ")
	unit, ok := sizeUnits[strings.ToLower(strings.TrimSpace(text[len(digits):]))]
	n, err := strconv.ParseInt(digits, 10, 64)
	if !ok || err != nil || n < 0 {
		return fmt.Errorf("%q is no size; write it like 262144 or 256KiB", text)
	}
	if n > math.MaxInt64/unit {
		return fmt.Errorf("%q is too large", text)
	}
	*s = size(n * unit)
	return nil
}

// String implements pflag.Value.
func (s *size) String() string {
	if *s == 0 {
		return ""
	}
	n := int64(*s)
	for _, u := range []struct {
		name string
		n    int64
	}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}} {
		if n%u.n == 0 {
			return strconv.FormatInt(n/u.n, 10) + u.name
		}
	}
	return strconv.FormatInt(n, 10)
}

// Type implements pflag.Value.
func (*size) Type() string { return "SIZE" }
