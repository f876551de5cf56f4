package main

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"bt/client/metainfo"
)

// priorities turns --select and --priority into one number a file, as the
// client wants them: 0 is not downloaded. Without either it returns nil.
func priorities(info *metainfo.Info, selected, priority string) ([]int, error) {
	if selected == "" && priority == "" {
		return nil, nil
	}
	prios := make([]int, len(info.Files))
	if selected == "" {
		selected = "1-"
	}
	if err := eachRange(selected, len(prios), func(i int) { prios[i] = 1 }); err != nil {
		return nil, usage("--select %s: %s: %w", selected, info.Name, err)
	}
	if err := setPriorities(prios, priority); err != nil {
		return nil, usage("--priority %s: %s: %w", priority, info.Name, err)
	}
	wanted := false
	for i, f := range info.Files {
		wanted = wanted || prios[i] > 0 && !f.Pad
	}
	if !wanted {
		return nil, usage("%s: no file is left to download", info.Name)
	}
	return prios, nil
}

// setPriorities reads "3=1000,5-7=0".
func setPriorities(prios []int, spec string) error {
	if spec == "" {
		return nil
	}
	for part := range strings.SplitSeq(spec, ",") {
		files, value, ok := strings.Cut(part, "=")
		if !ok {
			return fmt.Errorf("%q is not FILE=PRIORITY", part)
		}
		n, err := strconv.Atoi(value)
		if err != nil || n < 0 || n > math.MaxInt32 {
			return fmt.Errorf("%q is no priority, a number from 0 on", value)
		}
		if err := eachRange(files, len(prios), func(i int) { prios[i] = n }); err != nil {
			return err
		}
	}
	return nil
}

// eachRange calls f with every index below n that spec names: "1-4,8" counts
// from 1, as --list does; "5-" goes to the end.
func eachRange(spec string, n int, f func(i int)) error {
	for part := range strings.SplitSeq(spec, ",") {
		from, to, err := parseRange(part, n)
		if err != nil {
			return err
		}
		for i := from; i <= to; i++ {
			f(i - 1)
		}
	}
	return nil
}

func parseRange(s string, n int) (from, to int, err error) {
	first, last, isRange := strings.Cut(strings.TrimSpace(s), "-")
	from, err = strconv.Atoi(first)
	to = from
	if err == nil && isRange {
		to = n
		if last != "" {
			to, err = strconv.Atoi(last)
		}
	}
	switch {
	case err != nil:
		return 0, 0, fmt.Errorf("%q is no file number and no range like 1-4", s)
	case from < 1 || from > n:
		return 0, 0, outOfRange(from, n)
	case to < 1 || to > n:
		return 0, 0, outOfRange(to, n)
	case to < from:
		return 0, 0, fmt.Errorf("the range %q is empty", s)
	}
	return from, to, nil
}

func outOfRange(i, n int) error {
	if n == 1 {
		return errors.New("there is no file " + strconv.Itoa(i) + ", only 1")
	}
	return fmt.Errorf("there is no file %d, only 1 to %d", i, n)
}
