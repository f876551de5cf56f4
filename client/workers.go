package client

import "sync"

// Workers is a Worker of real goroutines, for the real world.
type Workers struct {
	mu     sync.Mutex
	wake   *sync.Cond
	jobs   []job
	closed bool
	alive  sync.WaitGroup
}

type job struct{ work, done func() }

// NewWorkers starts n goroutines that work until Close.
func NewWorkers(n int) *Workers {
	w := &Workers{}
	w.wake = sync.NewCond(&w.mu)
	for range n {
		w.alive.Go(w.run)
	}
	return w
}

// Do implements Worker.
func (w *Workers) Do(work, done func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.jobs = append(w.jobs, job{work, done})
	w.wake.Signal()
}

// Close ends the goroutines when all jobs given before are done.
func (w *Workers) Close() {
	w.mu.Lock()
	w.closed = true
	w.wake.Broadcast()
	w.mu.Unlock()
	w.alive.Wait()
}

func (w *Workers) run() {
	for {
		w.mu.Lock()
		for len(w.jobs) == 0 && !w.closed {
			w.wake.Wait()
		}
		if len(w.jobs) == 0 {
			w.mu.Unlock()
			return
		}
		j := w.jobs[0]
		w.jobs[0] = job{}
		w.jobs = w.jobs[1:]
		w.mu.Unlock()
		j.work()
		j.done()
	}
}
