package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/mattn/go-runewidth"
	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// liveView draws one line a torrent on a terminal, again and again in place.
// Messages appear above.
type liveView struct {
	console *console
	canvas  *canvas
	style   style
	stop    func()
}

// liveInterval: the eye wants no more, and each costs a look at every torrent.
const liveInterval = 200 * time.Millisecond

func newLiveView(c *console, f *os.File) *liveView {
	return &liveView{console: c, canvas: newCanvas(f), style: styleOf(os.Getenv)}
}

func (v *liveView) begin(tr *transfer) {
	v.console.drawBelow(v.canvas)
	v.stop = tr.every(liveInterval, func() {
		columns, rows := v.canvas.size()
		v.canvas.draw(v.lines(tr.tasks, tr.app.clock.Now(), columns, rows))
	})
}

// lines has one for each torrent, as far as the terminal is high enough.
func (v *liveView) lines(tasks []*task, now time.Time, columns, rows int) (lines []string) {
	shown := fitting(len(tasks), rows)
	for _, tk := range tasks[:shown] {
		at := tk.view(now)
		lines = append(lines, v.style.line(tk.t.Name(), &at, columns))
	}
	if more := len(tasks) - shown; more > 0 {
		lines = append(lines, fmt.Sprintf("and %d more", more))
	}
	return lines
}

// fitting is how many of n torrents have a line on a terminal of so many rows. One
// is for the cursor, and one to say how many have none.
func fitting(n, rows int) int {
	if n <= rows-1 {
		return n
	}
	return max(rows-2, 0)
}

// end removes the lines.
func (v *liveView) end() {
	v.stop()
	v.canvas.draw(nil)
	v.console.drawBelow(nil)
}

// style is what the terminal can show.
type style struct {
	full, rest string // of the bar
	good, warn func(string) string
	unicode    bool
}

// styleOf reads the environment: NO_COLOR (no-color.org), and a locale which is
// not UTF-8.
func styleOf(getenv func(string) string) style {
	st := style{full: "━", rest: "─", good: colour("32"), warn: colour("33"), unicode: true}
	if getenv("NO_COLOR") != "" {
		plain := func(s string) string { return s }
		st.good, st.warn = plain, plain
	}
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if locale := strings.ToLower(getenv(name)); locale != "" {
			if !strings.Contains(locale, "utf-8") && !strings.Contains(locale, "utf8") {
				st.full, st.rest, st.unicode = "=", "-", false
			}
			break
		}
	}
	return st
}

func colour(code string) func(string) string {
	return func(s string) string { return "\x1b[" + code + "m" + s + "\x1b[0m" }
}

// Widths in columns.
const (
	nameMin = 12
	nameMax = 40
	barMin  = 8
	barMax  = 40
)

// line fits a torrent's progress into width columns: the most important of the
// text, then the name, then a bar in what is left.
func (st style) line(name string, v *view, width int) string {
	head, tail := progressParts(v)
	width-- // never touch the last column: some terminals wrap there
	room := width - min(runewidth.StringWidth(name), nameMin) - 2
	text := head
	for i, part := range tail {
		longer := text + "  " + part
		if runewidth.StringWidth(longer) > room {
			if i == 1 { // a reason, or the rate: rather some of it than nothing
				text = runewidth.Truncate(longer, max(room, 0), st.ellipsis())
			}
			break
		}
		text = longer
	}
	textWidth := runewidth.StringWidth(text)
	nameWidth := min(nameMax, max(width-textWidth-2-barMin-2, nameMin), runewidth.StringWidth(name))
	name = runewidth.Truncate(name, nameWidth, st.ellipsis())
	barWidth := min(width-runewidth.StringWidth(name)-2-textWidth-2, barMax)
	bar := ""
	if barWidth >= barMin && v.phase != phaseSeeding {
		bar = st.bar(share(v), barWidth) + "  "
	}
	if v.Why != "" && v.phase == phaseDownloading {
		text = st.warn(text)
	}
	return st.arrows(name + "  " + bar + text)
}

func (st style) bar(share float64, width int) string {
	full := min(int(share*float64(width)), width)
	return st.good(strings.Repeat(st.full, full)) + strings.Repeat(st.rest, width-full)
}

// filler draws a bar as wide as there is room.
func (st style) filler(share func() float64) mpb.BarFiller {
	return mpb.BarFillerFunc(func(w io.Writer, s decor.Statistics) error {
		width := min(s.AvailableWidth-1, barMax)
		if width < barMin {
			return nil
		}
		_, err := io.WriteString(w, st.bar(share(), width))
		return err
	})
}

func (st style) ellipsis() string {
	if st.unicode {
		return "…"
	}
	return "~"
}

// arrows draws them with letters where there are none.
func (st style) arrows(s string) string {
	if st.unicode {
		return s
	}
	return strings.NewReplacer("↓", "v", "↑", "^").Replace(s)
}
