//go:build plant

package client

import "bt/client/boundary"

// Tamper plants a bug: event may change each event before the core handles it,
// effects all effects of the turn so far after that. Either may be nil.
func (c *Client) Tamper(event func(boundary.Event) boundary.Event, effects func(boundary.Event, *boundary.Effects)) {
	c.tamper = &tamper{event, effects}
}
