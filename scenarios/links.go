package scenarios

import (
	"fmt"

	"bt/simnet"
)

func (l Link) config() simnet.LinkConfig {
	c := simnet.LinkConfig{
		Up: int64(l.Up), Down: int64(l.Down), Latency: l.Latency.std(), Jitter: l.Jitter.std(), HeavyTail: l.Tail,
		Queue: int64(l.Queue), Corrupt: l.Corrupt,
		Loss: l.Loss, Duplicate: l.Duplicate, Reorder: l.Reorder, MTU: int(l.MTU),
		MaxRead: int(l.MaxRead), MaxWrite: int(l.MaxWrite),
	}
	for _, step := range l.Rates {
		c.Schedule = append(c.Schedule, simnet.RateStep{For: step.For.std(), Up: int64(step.Up), Down: int64(step.Down)})
	}
	return c
}

func (l *Link) validate(field string) error {
	if l == nil {
		return nil
	}
	for _, f := range []struct {
		name  string
		value int
	}{{"corrupt", l.Corrupt}, {"loss", l.Loss}, {"duplicate", l.Duplicate}, {"reorder", l.Reorder}} {
		if f.value < 0 || f.value > millionMax {
			return wrong(field+"."+f.name, "%d is not within 0 and %d", f.value, millionMax)
		}
	}
	for i, step := range l.Rates {
		if step.For < Millisecond {
			return wrong(fmt.Sprintf("%s.rates[%d].for", field, i), "%v is below %v", step.For, Millisecond)
		}
	}
	if len(l.Rates) > 0 && (l.Up > 0 || l.Down > 0) {
		return wrong(field+".rates", "they are in the place of up and down")
	}
	return nil
}

// natKind finds a kind of NAT by its name.
func natKind(name string) (simnet.NATKind, bool) {
	for k := simnet.FullCone; k <= simnet.Symmetric; k++ {
		if k.String() == name {
			return k, true
		}
	}
	return 0, false
}

func natKinds() (names []string) {
	for k := simnet.FullCone; k <= simnet.Symmetric; k++ {
		names = append(names, k.String())
	}
	return names
}

func (s *Scenario) nat(name string) *NAT {
	for i := range s.NATs {
		if s.NATs[i].Name == name {
			return &s.NATs[i]
		}
	}
	return nil
}

// addNATs makes the routers; what is behind them comes with the actors.
func (r *run) addNATs() {
	r.nats = make(map[string]*simnet.NAT)
	for i, n := range r.scenario.NATs {
		kind, _ := natKind(n.Kind)
		r.nats[n.Name] = r.net.NewNAT(natAddr(r.scenario, i), simnet.NATConfig{Kind: kind, StreamTimeout: n.Timeout.std()})
	}
}
