//go:build plant

package client

import (
	"time"

	"bt/client/boundary"
)

// Tamper plants a bug: event may change each event before the core handles it,
// effects all effects of the turn so far after that. Either may be nil.
func (c *Client) Tamper(event func(boundary.Event) boundary.Event, effects func(boundary.Event, *boundary.Effects)) {
	c.tampered().event, c.tamper.effects = event, effects
}

// TamperWake plants a bug in when the client wants to be woken: wake may change
// what Turn returns.
func (c *Client) TamperWake(wake func(now, next time.Time) time.Time) { c.tampered().wake = wake }

// TamperBudget plants a bug in the shell's memory: n bytes more than it should
// may be on their way to the disk.
func (c *Client) TamperBudget(n int) { c.budget.give(n) }

// TamperFiles plants a bug in the storage of all torrents: n files more than it
// should stay open.
func (c *Client) TamperFiles(n int) {
	for _, s := range c.stores {
		s.files.TamperLimit(n)
	}
}

func (c *Client) tampered() *tamper {
	if c.tamper == nil {
		c.tamper = &tamper{}
	}
	return c.tamper
}
