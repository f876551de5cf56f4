package client

import "bt/client/boundary"

// Refilter asks Config.Filter anew about every connection, and ends those that
// it is against now with the reason Filtered. That has happened when the next
// turn is over; it returns at once.
func (c *Client) Refilter() { c.Post(boundary.Refilter{}) }
