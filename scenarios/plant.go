//go:build plant

package scenarios

import "bt/client"

// Plant has a run hand every client to bug before its first turn, by the name of its
// host: to prove that what looks for bugs finds them.
func (o *Options) Plant(bug func(name string, c *client.Client)) { o.onClient = bug }
