package shrink

import (
	"reflect"

	"bt/scenarios"
)

// simplify makes each field simpler, as the table of fields says: the whole first,
// then its parts.
func (t *search) simplify() {
	// Most of what an actor has is of no account. All of it at once is one run, where
	// each field alone is a dozen.
	for i := range t.best.Actors {
		t.try(func(s *scenarios.Scenario) {
			a := &s.Actors[i]
			*a = scenarios.Actor{Name: a.Name, Kind: a.Kind, Count: a.Count, Knows: a.Knows, Personality: a.Personality}
		})
	}
	for i := range t.best.Trackers {
		t.try(func(s *scenarios.Scenario) {
			s.Trackers[i] = scenarios.Tracker{Name: s.Trackers[i].Name, Tier: s.Trackers[i].Tier}
		})
	}
	for i := range t.best.Actors {
		// Who has everything is a seed, whatever it was before pieces were left out.
		if a := &t.best.Actors[i]; a.Kind == scenarios.Leech && a.Has == allPieces(&t.best) {
			t.try(func(s *scenarios.Scenario) { s.Actors[i].Kind, s.Actors[i].Has = scenarios.Seed, "" })
		}
	}
	t.visit(nil)
}

func allPieces(s *scenarios.Scenario) string { return pieceRange(0, pieceCount(&s.Torrent)-1) }

// path leads to a value in a scenario: from each struct to a field, from each list to
// an element. What a pointer points at has the path of the pointer.
type path []int

// in finds the value; it is not valid if there is none any more.
func (p path) in(s *scenarios.Scenario) reflect.Value {
	v := reflect.ValueOf(s).Elem()
	for _, i := range p {
		switch v = pointee(v); {
		case v.Kind() == reflect.Struct:
			v = v.Field(i)
		case v.Kind() == reflect.Slice && i < v.Len():
			v = v.Index(i)
		default:
			return reflect.Value{}
		}
	}
	return v
}

func pointee(v reflect.Value) reflect.Value {
	if v.Kind() == reflect.Pointer {
		return v.Elem()
	}
	return v
}

func (p path) to(i int) path { return append(p[:len(p):len(p)], i) }

// visit makes what is below a path simpler.
func (t *search) visit(p path) {
	v := pointee(p.in(&t.best))
	switch v.Kind() {
	case reflect.Struct:
		for i, f := range fieldsOf[v.Type()] {
			t.visitField(p.to(i), f)
		}
	case reflect.Slice:
		// From the end: what comes later depends on what came before, and goes first.
		for i := v.Len() - 1; i >= 0; i-- {
			t.visit(p.to(i))
		}
	case reflect.String, reflect.Bool, reflect.Invalid:
		// As a whole, or not at all. What is not valid has gone meanwhile.
	default:
		t.replace(p, simpler(v, smaller)) // an element of a list, or what a pointer points at
	}
}

// visitField makes a field simpler, in the way of the table, unless it is zero already.
func (t *search) visitField(p path, f field) {
	v := p.in(&t.best)
	if !v.IsValid() || v.IsZero() || t.over() {
		return
	}
	switch f.how {
	case off:
		t.replace(p, []reflect.Value{reflect.Zero(v.Type())})
	case smaller, someOf:
		t.replace(p, simpler(v, f.how))
		return
	case fewer:
		t.dropSome(func(s *scenarios.Scenario) int { return lengthAt(p.in(s)) }, func(s *scenarios.Scenario, i, j int) {
			list := p.in(s)
			rest := reflect.AppendSlice(list.Slice3(0, i, i), list.Slice(j, list.Len()))
			if rest.Len() == 0 {
				rest = reflect.Zero(list.Type())
			}
			list.Set(rest)
		})
	}
	// What stays is made simpler inside. It is looked up again: the best is another now.
	if v = p.in(&t.best); v.IsValid() && (v.Kind() == reflect.Struct || v.Kind() == reflect.Slice || v.Kind() == reflect.Pointer) {
		t.visit(p)
	}
}

// lengthAt is that of a list, which may be gone.
func lengthAt(v reflect.Value) int {
	if !v.IsValid() {
		return 0
	}
	return v.Len()
}

// replace tries values in the place of one.
func (t *search) replace(p path, values []reflect.Value) {
	var changes []func(*scenarios.Scenario)
	for _, x := range values {
		changes = append(changes, func(s *scenarios.Scenario) { pointeeOf(p.in(s), x).Set(x) })
	}
	t.tryAny(changes)
}

// pointeeOf is where a value of x's type belongs.
func pointeeOf(v, x reflect.Value) reflect.Value {
	if v.Kind() == reflect.Pointer && x.Kind() != reflect.Pointer {
		return v.Elem()
	}
	return v
}
