package main

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/dustin/go-humanize"
)

// printable makes one line, safe for a terminal, of text that strangers may
// have written: trackers word their own errors, and torrents their comments.
// What could move the cursor or reverse the text is shown as its number.
func printable(s string) string {
	// Several errors in one are a line each.
	s = strings.ReplaceAll(strings.TrimSpace(s), "\n", "; ")
	var b strings.Builder
	for _, r := range s {
		if unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			fmt.Fprintf(&b, "\\u%04x", r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// bytesText is a number of bytes for people: "5.1 GiB".
func bytesText(n int64) string { return humanize.IBytes(uint64(max(n, 0))) }

func rateText(n int64) string { return bytesText(n) + "/s" }

// partText is a part of a whole: "1.9/5.1 GiB", or "870 MiB/5.1 GiB".
func partText(part, whole int64) string {
	p, w := bytesText(part), bytesText(whole)
	number, unit, _ := strings.Cut(p, " ")
	if strings.HasSuffix(w, " "+unit) {
		p = number
	}
	return p + "/" + w
}

// percentText never says 100% of what is not complete.
func percentText(part, whole int64) string {
	if whole <= 0 || part >= whole {
		return "100%"
	}
	return fmt.Sprintf("%d%%", int64(float64(part)/float64(whole)*100))
}

// durationText is a duration as clocks show it: "0:34", "2:01:05".
func durationText(d time.Duration) string {
	s := int64(d.Round(time.Second) / time.Second)
	if s < 3600 {
		return fmt.Sprintf("%d:%02d", s/60, s%60)
	}
	if s < 100*3600 {
		return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
	}
	return fmt.Sprintf("%d days", s/86400)
}

// shortDurationText is exact below a minute: "3.2 s", "35 ms".
func shortDurationText(d time.Duration) string {
	if d < time.Second {
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	if d < time.Minute {
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	return durationText(d)
}

// count is "1 piece", "2 pieces".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%s %ss", humanize.Comma(int64(n)), noun)
}
