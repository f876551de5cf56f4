package scenarios

import (
	"strings"
	"testing"
)

// TestNetActionErrors: an action that makes no sense is told from one that does.
func TestNetActionErrors(t *testing.T) {
	tests := []struct {
		action, want string // want: the beginning of what is wrong; "": nothing is
	}{
		{"{at: 1s, do: partition, who: [leech], for: 5s, every: 10s, times: 3}", ""},
		{"{at: 1s, do: partition, who: [tracker], with: [leech], one-way: true}", ""},
		{"{at: 1s, do: stall, who: [seed]}", ""},
		{"{at: 1s, do: swizzle, who: [seed, leech, tracker], for: 20s}", ""},
		{"{at: 1s, do: freeze, who: [tracker], for: 20s}", ""},
		{"{at: 1s, do: refuse, who: [seed], incoming: {how: half-open, limit: 3}, for: 9s}", ""},
		{"{at: 1s, do: clock, who: [seed], clock: {back: 24h, drift: -100}, for: 9s}", ""},
		{"{at: 1s, do: meddle, who: [seed], with: [leech], message: {kind: have all, nth: 2, fate: reset-within}}", ""},
		{"{at: 1s, do: meddle, who: [seed], with: [leech], message: {fate: delay, late: 2s}}", ""},
		{"{at: 1s, do: meddle, who: [seed], with: [leech], message: {fate: reset-at-byte, byte: 100, nth: 1}}", ""},
		{"{at: 1s, do: meddle, who: [seed], with: [leech], message: {fate: reset-at-byte}}", "actions[0].message.byte: "},
		{"{at: 1s, do: meddle, who: [seed], with: [leech], message: {fate: drop, byte: 7}}", "actions[0].message.byte: "},
		{"{at: 1s, do: move, who: [seed]}", ""},
		{"{at: 1s, do: link, who: [tracker], link: {corrupt: 5, tail: true, rates: [{for: 1s, up: 1Mbit}]}, for: 1s}", ""},

		{"{at: 1s, do: heal, for: 5s}", "actions[0].for: heal cannot be undone"},
		{"{at: 1s, do: move, who: [seed], for: 5s}", "actions[0].for: move cannot be undone"},
		{"{at: 1s, do: suspend, who: [seed]}", "actions[0].for: suspend needs it"},
		{"{at: 9m, do: partition, who: [seed], for: 2m}", "actions[0].for: it is not over"},
		{"{at: 9m, do: partition, who: [seed], for: 1s, every: 40s, times: 3}", "actions[0].for: it is not over"},
		{"{at: 1s, do: partition, who: [seed], for: 5s, every: 5s, times: 3}", "actions[0].for: it is not over"},
		{"{at: 1s, do: partition, who: [seed], times: 3}", "actions[0].every: "},
		{"{at: 1s, do: partition, who: [seed], every: 3s}", "actions[0].every: "},
		{"{at: 1s, do: reset, who: [seed], with: [leech], every: 1ms, times: 10001}", "actions[0].times: "},
		{"{at: 1s, do: stall, who: [seed], one-way: true}", "actions[0].one-way: "},
		{"{at: 1s, do: reset, who: [seed]}", "actions[0].with: "},
		{"{at: 1s, do: clock, who: [seed]}", "actions[0].clock: "},
		{"{at: 1s, do: clock, who: [tracker], clock: {}}", "actions[0].who[0]: "},
		{"{at: 1s, do: accept, who: [seed], incoming: {how: refuse}}", "actions[0].incoming: "},
		{"{at: 1s, do: refuse, who: [seed], incoming: {how: politely}}", "actions[0].incoming.how: "},
		{"{at: 1s, do: refuse, who: [seed], incoming: {how: refuse, limit: -1}}", "actions[0].incoming.limit: "},
		{"{at: 1s, do: meddle, who: [seed], with: [leech]}", "actions[0].message: "},
		{"{at: 1s, do: meddle, who: [seed], with: [leech], message: {fate: eat}}", "actions[0].message.fate: "},
		{"{at: 1s, do: meddle, who: [seed], with: [leech], message: {kind: hello, fate: drop}}", "actions[0].message.kind: "},
		{"{at: 1s, do: meddle, who: [seed], with: [leech], message: {nth: -1, fate: drop}}", "actions[0].message.nth: "},
		{"{at: 1s, do: meddle, who: [seed], with: [leech], message: {fate: delay}}", "actions[0].message.late: "},
		{"{at: 1s, do: meddle, who: [seed], with: [leech], message: {fate: drop, late: 1s}}", "actions[0].message.late: "},
		{"{at: 1s, do: link, who: [seed], link: {loss: 1000000}}", "actions[0].link.loss: "},
		{"{at: 1s, do: link, who: [seed], link: {rates: [{up: 1Mbit}]}}", "actions[0].link.rates[0]: for is missing"},
		{"{at: 1s, do: link, who: [seed], link: {up: 1Mbit, rates: [{for: 1s}]}}", "actions[0].link.rates: "},
	}
	for _, tt := range tests {
		text := strings.Replace(validYAML, "{at: 10s, do: pause, who: [leech]}", tt.action, 1)
		_, err := Parse([]byte(text))
		switch {
		case tt.want == "" && err != nil:
			t.Errorf("%s: %v", tt.action, err)
		case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
			t.Errorf("%s: %v does not say %q", tt.action, err, tt.want)
		}
	}
}

// TestNATErrors: routers and who is behind them.
func TestNATErrors(t *testing.T) {
	for _, tt := range []struct{ nats, actor, want string }{
		{"nats: [{name: r, kind: symmetric, timeout: 1m}]", "kind: leech, nat: r", ""},
		{"nats: [{name: r, kind: rhomboid}]", "kind: leech, nat: r", "nats[0].kind: "},
		{"nats: [{name: seed, kind: symmetric}]", "kind: leech", "is taken"},
		{"nats: []", "kind: leech, nat: r", "actors[1].nat: "},
	} {
		text := strings.Replace(validYAML, "actors:", tt.nats+"\nactors:", 1)
		text = strings.Replace(text, "kind: leech", tt.actor, 1)
		_, err := Parse([]byte(text))
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("%s, %s: %v does not say %q", tt.nats, tt.actor, err, tt.want)
		}
	}
}
