package scenarios

import (
	"fmt"
	"net/netip"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Bounds of a scenario. They keep a mistake in a file from taking the machine
// down; nothing here comes near them.
const (
	contentMax = 1 << 30 // bytes
	hostsMax   = 4096
	natsMax    = 256
	timesMax   = 10_000  // of an action
	millionMax = 500_000 // of what is counted per million on a link: a way has two of them
)

// Defaults of a Scenario.
const (
	defaultUntil    = 10 * Minute
	defaultInterval = Minute
	defaultTracker  = "tracker"
)

// defaultLink is a home connection.
var defaultLink = Link{Up: 512 * KiBps, Down: 4 * MiBps, Latency: 20 * Millisecond}

// invalid says what is wrong with which field, written as in YAML.
type invalid struct{ field, wrong string }

func (e *invalid) Error() string {
	if e.field == "" {
		return e.wrong
	}
	return e.field + ": " + e.wrong
}

func wrong(field, format string, args ...any) error {
	return &invalid{field, fmt.Sprintf(format, args...)}
}

// Validate says what is wrong with a scenario, naming the field.
func (s *Scenario) Validate() error {
	if s.Name == "" || strings.ContainsAny(s.Name, " /\\\t\n") {
		return wrong("name", "%q is not a name without spaces and slashes", s.Name)
	}
	for _, check := range []func() error{s.validateTorrent, s.validateActors, s.validateActions, s.validateExpect} {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

func (s *Scenario) validateTorrent() error {
	t := &s.Torrent
	total := t.Size
	for i, f := range t.Files {
		if f.Path == "" || path.Clean(f.Path) != f.Path || path.IsAbs(f.Path) || strings.HasPrefix(f.Path, "..") {
			return wrong(fmt.Sprintf("torrent.files[%d].path", i), "%q is not a relative path in its shortest form", f.Path)
		}
		total += f.Size
	}
	switch {
	case t.Size != 0 && len(t.Files) > 0:
		return wrong("torrent.size", "only a torrent of one file has it; files have their own")
	case total < 1 || total > contentMax:
		return wrong("torrent", "%d bytes are not within 1 and %d", total, contentMax)
	case t.Piece < 1 || total/t.Piece > contentMax/(1<<10):
		return wrong("torrent.piece", "%d bytes a piece", t.Piece)
	}
	return nil
}

// pieces is how many pieces the torrent has.
func (t *Torrent) pieces() int { return int((t.length() + t.Piece - 1) / t.Piece) }

func (t *Torrent) length() Size {
	total := t.Size
	for _, f := range t.Files {
		total += f.Size
	}
	return total
}

func (s *Scenario) validateActors() error {
	seen := make(map[string]bool)
	claim := func(field, name string) error {
		switch {
		case name == "":
			return wrong(field, "there is no name")
		case strings.ContainsAny(name, " \t\r\n"): // it would end a field of a trace
			return wrong(field, "%q is not a name without spaces", name)
		case seen[name]:
			return wrong(field, "%q is taken by another actor, tracker or NAT", name)
		}
		seen[name] = true
		return nil
	}
	if s.IPv6 && s.Dual {
		return wrong("dual", "there is nothing but IPv6")
	}
	if s.Trackerless && len(s.Trackers) > 0 {
		return wrong("trackerless", "there are trackers")
	}
	for i, t := range s.trackers() {
		if err := claim(fmt.Sprintf("trackers[%d].name", i), t.Name); err != nil {
			return err
		}
		if t.Tier < 0 {
			return wrong(fmt.Sprintf("trackers[%d].tier", i), "%d is below 0", t.Tier)
		}
		if t.Manner != "" && mannersOf(t.UDP)[t.Manner] == nil {
			return wrong(fmt.Sprintf("trackers[%d].manner", i), "%s", noneOf(t.Manner, mannerNames(t.UDP)))
		}
		if _, err := netip.ParseAddr(t.Host); err == nil || strings.ContainsAny(t.Host, " /:@?#[]") {
			return wrong(fmt.Sprintf("trackers[%d].host", i), "%q is no name of a host", t.Host)
		}
	}
	for i, n := range s.NATs {
		field := fmt.Sprintf("nats[%d]", i)
		if err := claim(field+".name", n.Name); err != nil {
			return err
		}
		if _, ok := natKind(n.Kind); !ok {
			return wrong(field+".kind", "%s", noneOf(n.Kind, natKinds()))
		}
	}
	if len(s.NATs) > natsMax {
		return wrong("nats", "%d are more than %d", len(s.NATs), natsMax)
	}
	if err := s.Link.validate("link"); err != nil {
		return err
	}
	if len(s.Actors) == 0 {
		return wrong("actors", "there is none")
	}
	hosts := 0
	for i := range s.Actors {
		a, field := &s.Actors[i], fmt.Sprintf("actors[%d]", i)
		if err := claim(field+".name", a.Name); err != nil {
			return err
		}
		if a.Count < 0 || a.Count > hostsMax {
			return wrong(field+".count", "%d is not within 0 and %d", a.Count, hostsMax)
		}
		if a.Count > 1 {
			for _, name := range a.names() {
				if err := claim(field+".name", name); err != nil {
					return err
				}
			}
		}
		hosts += len(a.names())
		if err := s.validateActor(a, field); err != nil {
			return err
		}
	}
	if hosts > hostsMax {
		return wrong("actors", "%d hosts are more than %d", hosts, hostsMax)
	}
	return nil
}

func (s *Scenario) validateActor(a *Actor, field string) error {
	switch a.Kind {
	case Seed, Leech:
		if a.Personality != "" {
			return wrong(field+".personality", "only hostile actors have one")
		}
	case Hostile:
		if !slices.Contains(personalities(), a.Personality) {
			return wrong(field+".personality", "%s", noneOf(a.Personality, personalities()))
		}
	default:
		return wrong(field+".kind", "%s", noneOf(string(a.Kind), kinds()))
	}
	if _, ok := filesystems[a.Filesystem]; !ok {
		return wrong(field+".filesystem", "%s", noneOf(a.Filesystem, filesystemNames()))
	}
	if _, err := a.pieces(s.Torrent.pieces()); err != nil {
		return wrong(field+".has", "%v", err)
	}
	if _, err := a.damaged(s.Torrent.pieces()); err != nil {
		return wrong(field+".damaged", "%v", err)
	}
	if files := max(len(s.Torrent.Files), 1); a.Priorities != nil && len(a.Priorities) != files {
		return wrong(field+".priorities", "%d for %d files", len(a.Priorities), files)
	}
	if a.NAT != "" && s.nat(a.NAT) == nil {
		return wrong(field+".nat", "there is no NAT %q", a.NAT)
	}
	if err := a.Link.validate(field + ".link"); err != nil {
		return err
	}
	return s.validateNames(a.Knows, field+".knows", s.isActor)
}

func (s *Scenario) validateActions() error {
	for i := range s.Actions {
		a, field := &s.Actions[i], fmt.Sprintf("actions[%d]", i)
		rule, ok := verbs[a.Do]
		switch {
		case !ok:
			return wrong(field+".do", "%s", noneOf(string(a.Do), verbNames()))
		case len(a.Who) == 0 && rule.who != nil:
			return wrong(field+".who", "nobody is named")
		case len(a.With) > 0 != rule.with && !rule.net.with:
			return wrong(field+".with", "%s", a.Do.needs(rule.with))
		case a.Link != nil != rule.link:
			return wrong(field+".link", "%s", a.Do.needs(rule.link))
		case a.Slots != nil != rule.slot:
			return wrong(field+".slots", "%s", a.Do.needs(rule.slot))
		case a.Limits != nil != rule.most:
			return wrong(field+".limits", "%s", a.Do.needs(rule.most))
		case a.Name != nil != rule.name:
			return wrong(field+".name", "%s", a.Do.needs(rule.name))
		case (a.To != "") != rule.to:
			return wrong(field+".to", "%s", a.Do.needs(rule.to))
		case rule.to && (!path.IsAbs(a.To) || path.Clean(a.To) != a.To):
			return wrong(field+".to", "%q is not an absolute path in its shortest form", a.To)
		case a.Priorities != nil != rule.prio:
			return wrong(field+".priorities", "%s", a.Do.needs(rule.prio))
		case rule.prio && len(a.Priorities) != max(len(s.Torrent.Files), 1):
			return wrong(field+".priorities", "%d for %d files", len(a.Priorities), max(len(s.Torrent.Files), 1))
		case a.At > s.until():
			return wrong(field+".at", "%v is after the end of the run at %v", a.At, s.until())
		}
		if err := a.validateDisk(rule, field); err != nil {
			return err
		}
		if err := a.validateNet(rule, s, field); err != nil {
			return err
		}
		if err := a.Link.validate(field + ".link"); err != nil {
			return err
		}
		if err := a.Name.validate(s, field+".name"); err != nil {
			return err
		}
		known := s.isActor
		if rule.who != nil {
			known = func(name string) bool { return rule.who(s, name) }
		}
		if err := s.validateNames(a.Who, field+".who", known); err != nil {
			return err
		}
		if err := s.validateNames(a.With, field+".with", known); err != nil {
			return err
		}
	}
	return nil
}

// needs says whether a field belongs to a verb, where it is missing or is too much.
func (v Verb) needs(needs bool) string {
	if needs {
		return string(v) + " needs it"
	}
	return string(v) + " has none"
}

func (s *Scenario) validateExpect() error {
	if len(s.Expect) == 0 {
		return wrong("expect", "there is no expectation: the run could not fail")
	}
	for i := range s.Expect {
		e, field := &s.Expect[i], fmt.Sprintf("expect[%d]", i)
		if _, ok := checks[e.Check]; !ok {
			return wrong(field+".check", "%s", noneOf(e.Check, checkNames()))
		}
		if err := e.validateNews(); err != nil {
			return wrong(field+".reason", "%v", err)
		}
		if err := e.validateReached(); err != nil {
			return wrong(field+".reason", "%v", err)
		}
		if err := s.validateNames(e.Who, field+".who", s.isClient); err != nil {
			return err
		}
		if err := s.validateNames(e.Of, field+".of", s.isAnything); err != nil {
			return err
		}
		if !slices.ContainsFunc(s.Torrent.Files, func(f File) bool { return f.Path == e.File }) && e.File != "" {
			return wrong(field+".file", "the torrent has no file %q", e.File)
		}
	}
	return nil
}

func (s *Scenario) validateNames(names []string, field string, known func(string) bool) error {
	for i, name := range names {
		if !known(name) {
			return wrong(fmt.Sprintf("%s[%d]", field, i), "nothing that fits is called %q%s", name, s.hint(name, known))
		}
	}
	return nil
}

// hint says which names would have fitted, and which may have been meant.
func (s *Scenario) hint(name string, known func(string) bool) string {
	var groups, all []string
	for i := range s.Actors {
		if a := &s.Actors[i]; known(a.Name) {
			groups, all = append(groups, a.Name), append(append(all, a.Name), a.names()...)
		}
	}
	for _, t := range s.trackers() {
		if known(t.Name) {
			groups, all = append(groups, t.Name), append(all, t.Name)
		}
	}
	switch near := nearest(name, all); {
	case near != "":
		return fmt.Sprintf("; did you mean %s?", near)
	case len(groups) > 0:
		return "; there are " + strings.Join(groups, ", ")
	}
	return ""
}

func kinds() []string { return []string{string(Seed), string(Leech), string(Hostile)} }

// filesystemNames leaves out the empty name, which sorts first.
func filesystemNames() []string { return keys(filesystems)[1:] }

// isActor says whether name is an actor, or one of several of an actor.
func (s *Scenario) isActor(name string) bool { return s.actor(name) != nil }

func (s *Scenario) isClient(name string) bool {
	a := s.actor(name)
	return a != nil && a.Kind != Hostile
}

func (s *Scenario) isTracker(name string) bool {
	return slices.ContainsFunc(s.trackers(), func(t Tracker) bool { return t.Name == name })
}

func (s *Scenario) isAnything(name string) bool { return s.isActor(name) || s.isTracker(name) }

// actor finds the actor that a name belongs to.
func (s *Scenario) actor(name string) *Actor {
	for i := range s.Actors {
		if a := &s.Actors[i]; a.Name == name || slices.Contains(a.names(), name) {
			return a
		}
	}
	return nil
}

// names lists the hosts of an actor.
func (a *Actor) names() []string {
	if a.Count <= 1 {
		return []string{a.Name}
	}
	names := make([]string, a.Count)
	for i := range names {
		names[i] = a.Name + "-" + strconv.Itoa(i+1)
	}
	return names
}

// pieces reads Has, for a torrent of n pieces.
func (a *Actor) pieces(n int) (has []bool, err error) {
	has = make([]bool, n)
	if a.Kind == Seed {
		for i := range has {
			has[i] = true
		}
	}
	if err := readPieces(a.Has, has); err != nil {
		return nil, err
	}
	return has, nil
}

// readPieces marks the pieces that a list such as "0-9,12" names.
func readPieces(list string, marked []bool) error {
	if list == "" {
		return nil
	}
	for part := range strings.SplitSeq(list, ",") {
		from, to, isRange := strings.Cut(part, "-")
		first, err := strconv.Atoi(from)
		last := first
		if isRange && err == nil {
			last, err = strconv.Atoi(to)
		}
		if err != nil || first < 0 || first > last || last >= len(marked) {
			return fmt.Errorf("%q is not a range within the %d pieces", part, len(marked))
		}
		for i := first; i <= last; i++ {
			marked[i] = true
		}
	}
	return nil
}

// damaged reads Damaged, for a torrent of n pieces.
func (a *Actor) damaged(n int) (bad []bool, err error) {
	has, err := a.pieces(n)
	if err != nil {
		return nil, err
	}
	bad = make([]bool, n)
	if err := readPieces(a.Damaged, bad); err != nil {
		return nil, err
	}
	for p := range bad {
		if bad[p] && !has[p] {
			return nil, fmt.Errorf("piece %d is not on disk at the start", p)
		}
	}
	return bad, nil
}

func (s *Scenario) until() Duration {
	if s.Until == 0 {
		return defaultUntil
	}
	return s.Until
}

// trackers returns the trackers with their defaults.
func (s *Scenario) trackers() []Tracker {
	if s.Trackerless {
		return nil
	}
	list := slices.Clone(s.Trackers)
	if len(list) == 0 {
		list = []Tracker{{}}
	}
	for i := range list {
		if list[i].Name == "" && len(list) == 1 {
			list[i].Name = defaultTracker
		}
		if list[i].Interval == 0 {
			list[i].Interval = defaultInterval
		}
	}
	return list
}

// linkOf returns the link of an actor.
func (s *Scenario) linkOf(a *Actor) Link {
	switch {
	case a.Link != nil:
		return *a.Link
	case s.Link != nil:
		return *s.Link
	}
	return defaultLink
}
