package simnet

// Load is what streams have on the way to the host's downlink.
func (h *Host) Load() int64 { return h.down.load }

// WaitingSenders counts the streams that hold back because of it.
func (h *Host) WaitingSenders() int { return h.down.waiting.len() }
