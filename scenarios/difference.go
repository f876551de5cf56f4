package scenarios

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Difference is where two traces part.
type Difference struct {
	Same   int      // events that both have before it
	Before []string // the last of these
	A, B   []string // what each has from there on; none: it ends there

	// HashA and HashB are what the traces say of all that happened. If every
	// event is in both and these differ, bytes do which the trace does not show.
	HashA, HashB string
}

// eventLineMax is longer than any line of a trace: the longest tell of errors.
const eventLineMax = 1 << 20

// Diff compares two traces, as TraceFormat has them, event by event; nil: they are
// the same. It keeps context events before the first difference, and as many of
// each trace from there on. Both are read to the end, as a run may be writing.
func Diff(a, b io.Reader, context int) (*Difference, error) {
	x, y := newTraceReader(a), newTraceReader(b)
	var d Difference
	lineA, moreA := x.next()
	lineB, moreB := y.next()
	for ; moreA && moreB && lineA == lineB; d.Same++ {
		if d.Before = append(d.Before, lineA); len(d.Before) > context {
			d.Before = d.Before[1:]
		}
		lineA, moreA = x.next()
		lineB, moreB = y.next()
	}
	same := !moreA && !moreB
	d.A, d.B = x.rest(lineA, moreA, context), y.rest(lineB, moreB, context)
	d.HashA, d.HashB = x.hash, y.hash
	if err := errors.Join(x.err(), y.err()); err != nil {
		return nil, fmt.Errorf("read trace: %w", err)
	}
	if same && (d.HashA == d.HashB || d.HashA == "" || d.HashB == "") {
		return nil, nil
	}
	return &d, nil
}

// traceReader reads the events of a trace.
type traceReader struct {
	lines *bufio.Scanner
	from  io.Reader
	hash  string // as last read
}

func newTraceReader(r io.Reader) *traceReader {
	t := &traceReader{lines: bufio.NewScanner(r), from: r}
	t.lines.Buffer(nil, eventLineMax)
	return t
}

// next returns an event; false at the end.
func (t *traceReader) next() (line string, more bool) {
	for t.lines.Scan() {
		line = t.lines.Text()
		if hash, ok := strings.CutPrefix(line, "# hash "); ok {
			t.hash = hash
		}
		if !strings.HasPrefix(line, "#") {
			return line, true
		}
	}
	return "", false
}

// rest returns a line, if there is one, and those after it, and reads to the end.
func (t *traceReader) rest(line string, more bool, most int) (list []string) {
	for ; more; line, more = t.next() {
		if len(list) < max(most, 1) {
			list = append(list, line)
		}
	}
	return list
}

// err says what has gone wrong. What could not be read is read away: who writes it
// must not wait for ever.
func (t *traceReader) err() error {
	_, err := io.Copy(io.Discard, t.from)
	return errors.Join(t.lines.Err(), err)
}

// Write tells people of a difference, calling the traces by their names.
func (d *Difference) Write(w io.Writer, nameA, nameB string) error {
	var text strings.Builder
	switch {
	case len(d.A) == 0 && len(d.B) == 0:
		fmt.Fprintf(&text, "all %d events are the same, but not the bytes: hash %s and %s\n", d.Same, d.HashA, d.HashB)
	default:
		fmt.Fprintf(&text, "the same for %d events, then different\n", d.Same)
	}
	fmt.Fprintf(&text, "--- %s\n+++ %s\n", nameA, nameB)
	for _, line := range d.Before {
		fmt.Fprintf(&text, "  %s\n", line)
	}
	if len(d.A)+len(d.B) > 0 {
		writeSide(&text, "-", d.A)
		writeSide(&text, "+", d.B)
	}
	_, err := io.WriteString(w, text.String())
	return err
}

func writeSide(text *strings.Builder, mark string, lines []string) {
	for _, line := range lines {
		fmt.Fprintf(text, "%s %s\n", mark, line)
	}
	if len(lines) == 0 {
		fmt.Fprintf(text, "%s (ends here)\n", mark)
	}
}

// DiffRuns makes two runs side by side and compares their traces.
func DiffRuns(a, b func(to io.Writer), context int) (*Difference, error) {
	ra, wa := io.Pipe()
	rb, wb := io.Pipe()
	trace := func(run func(io.Writer), to *io.PipeWriter) {
		buffer := bufio.NewWriter(to)
		run(buffer)
		to.CloseWithError(buffer.Flush())
	}
	go trace(a, wa)
	go trace(b, wb)
	return Diff(ra, rb, context)
}

// WriteTrace makes a run and writes its trace, with the lines before and after it.
func WriteTrace(s Scenario, seed uint64, opt Options, to io.Writer) Result {
	fmt.Fprintf(to, "# %s, seed %d\n", s.Name, seed)
	opt.Trace = to
	result := Run(s, seed, opt)
	fmt.Fprintf(to, "# hash %016x\n", result.Hash)
	return result
}
