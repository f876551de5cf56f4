package torrent

import "net/netip"

const (
	// creditMax bounds what good conduct can earn: four pardons. Beyond that, who
	// was good for hours could be bad for as long.
	creditMax = 16

	// pardonPrice is how many good pieces it takes to be forgiven a bad block. It
	// bounds what can be wasted by somebody who is bad on purpose, and buys it with
	// good pieces, to a fifth of what he sends.
	pardonPrice = 4

	// creditsMax bounds the addresses that are remembered. Those that come later
	// get no credit: they are judged as everybody would be without it.
	creditsMax = 4096
)

// conduct remembers who has had a part in good pieces. The checksum of TCP has
// sixteen bits, so that now and then a block is damaged on its way, and its
// sender seems guilty who is not. Poison looks just the same; what tells one from
// the other is all that has come before. Whoever sends a bad block without having
// sent good ones is not forgiven.
type conduct struct {
	credit map[netip.Addr]int
}

// good notes that addr had a part in a piece that has passed.
func (c *conduct) good(addr netip.Addr) {
	if c.credit == nil {
		c.credit = make(map[netip.Addr]int)
	}
	if n, ok := c.credit[addr]; n < creditMax && (ok || len(c.credit) < creditsMax) {
		c.credit[addr] = n + 1
	}
}

// forgives takes the price of a pardon from the credit of addr. It is false when
// that is too small.
func (c *conduct) forgives(addr netip.Addr) bool {
	if c.credit[addr] < pardonPrice {
		return false
	}
	c.credit[addr] -= pardonPrice
	return true
}
