package main

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// size is a flag for a number of bytes: "262144", "256KiB", "256K", "1.5M". As
// with other clients K, M, G and T are powers of 1024; kB, MB, GB and TB are of
// 1000.
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
	whole, fraction, _ := strings.Cut(digits, ".")
	n, err := strconv.ParseUint(whole, 10, 63)
	part, fractionErr := parseFraction(fraction)
	switch {
	case errors.Is(err, strconv.ErrRange) || ok && n > math.MaxInt64/uint64(unit)-1:
		return fmt.Errorf("%q is too large", text)
	case !ok || err != nil || fractionErr != nil:
		return fmt.Errorf("%q is no size; write it like 262144, 256KiB or 1.5M", text)
	}
	*s = size(int64(n)*unit + int64(part*float64(unit)))
	return nil
}

// parseFraction reads what stands behind a decimal point, as a number below 1.
func parseFraction(digits string) (float64, error) {
	if digits == "" {
		return 0, nil
	}
	if _, err := strconv.ParseUint(digits, 10, 63); err != nil {
		return 0, err
	}
	return strconv.ParseFloat("0."+digits, 64)
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
