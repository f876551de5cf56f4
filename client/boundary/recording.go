package boundary

// RecordFailed: what happens is not recorded any further (Config.Record), since
// writing has failed. All else goes on. It is told once.
type RecordFailed struct{ Err error }

func (RecordFailed) notice() {}
