package simnet

import "time"

// WorkerConfig says how fast a Worker's disk and processor are. A zero field
// takes the default of a consumer SSD; use a huge rate for one that costs nothing.
type WorkerConfig struct {
	Seek     time.Duration // per operation
	DiskRate int64         // bytes per second, read or written
	HashRate int64         // bytes per second
}

// Defaults of WorkerConfig: an SATA SSD, and SHA-1 on one core with the
// processor's help.
const (
	DefaultSeek     = 100 * time.Microsecond
	DefaultDiskRate = 500 << 20
	DefaultHashRate = 1500 << 20
)

// Worker is a simulated disk with its queue: jobs are done one after the other,
// in the order they came, and take virtual time.
type Worker struct {
	host  *Host
	meter func() (ops, bytes int64)
	delay func() time.Duration // nil: there is none
	conf  WorkerConfig
	life  uint32 // of the host, when jobs were last taken
	jobs  fifo[job]
	busy  bool
}

type job struct{ work, done func() }

// Worker makes a worker of this host, with the default speed. meter tells how
// many operations and bytes its disk has seen so far; it is asked before and
// after every job. A nil meter makes jobs free.
func (h *Host) Worker(meter func() (ops, bytes int64)) *Worker {
	return h.WorkerWith(WorkerConfig{}, meter)
}

// WorkerWith is Worker with a speed of its own.
func (h *Host) WorkerWith(conf WorkerConfig, meter func() (ops, bytes int64)) *Worker {
	if conf.Seek == 0 {
		conf.Seek = DefaultSeek
	}
	if conf.DiskRate == 0 {
		conf.DiskRate = DefaultDiskRate
	}
	if conf.HashRate == 0 {
		conf.HashRate = DefaultHashRate
	}
	if meter == nil {
		meter = func() (ops, bytes int64) { return 0, 0 }
	}
	return &Worker{host: h, meter: meter, conf: conf, life: h.life}
}

// Delayed has jobs take longer by what delay tells of its disk: the sum of all
// delays so far. Like the meter, it is asked before and after every job. A disk
// that stalls for a while tells of one long delay.
func (w *Worker) Delayed(delay func() time.Duration) { w.delay = delay }

func (w *Worker) delayed() time.Duration {
	if w.delay == nil {
		return 0
	}
	return w.delay()
}

// Do queues a job: work runs when the jobs before it have ended, done after the
// time it took. Neither is called within Do, and neither is called any more
// once the host was killed.
func (w *Worker) Do(work, done func()) {
	if w.host.dead {
		return
	}
	if w.life != w.host.life { // what was queued died with the host
		w.jobs.clear()
		w.busy, w.life = false, w.host.life
	}
	w.jobs.push(job{work, done})
	if !w.busy {
		w.busy = true
		w.host.net.schedule(0, event{kind: KindWork, host: w.host, fn: w.start})
	}
}

// Pending counts the jobs that are not done.
func (w *Worker) Pending() int {
	if w.life != w.host.life {
		return 0
	}
	return w.jobs.len()
}

func (w *Worker) start() {
	ops, bytes := w.meter()
	before := w.delayed()
	w.jobs.front().work()
	if w.life != w.host.life {
		return // the work killed its own host
	}
	opsAfter, bytesAfter := w.meter()
	late := max(w.delayed()-before, 0)
	w.host.net.schedule(w.cost(opsAfter-ops, bytesAfter-bytes)+int64(late),
		event{kind: KindWork, host: w.host, fn: w.end})
}

func (w *Worker) end() {
	j, _ := w.jobs.pop()
	if w.jobs.len() > 0 {
		w.host.net.schedule(0, event{kind: KindWork, host: w.host, fn: w.start})
	} else {
		w.busy = false
	}
	j.done() // last: it may queue more, or kill the host
}

// cost is in nanoseconds.
func (w *Worker) cost(ops, bytes int64) int64 {
	ops, bytes = max(ops, 0), max(bytes, 0)
	return ops*int64(w.conf.Seek) + serialise(bytes, w.conf.DiskRate) + serialise(bytes, w.conf.HashRate)
}
