package scenarios

import (
	"maps"
	"slices"
	"strings"

	"bt/client"
	"bt/simnet/simfs"
)

// diskSweep fails the operations of the victim's disk, one a run, and in some
// runs all that follow for a while. What has failed is done again, or stops the
// torrent with an error that says so; after one Start by the user it completes,
// and nothing that was verified is lost, neither then nor by the next restart.
func diskSweep() Sweep {
	seed := smallWorld("seed", 0)
	seed.victim = "seed"
	worlds := []world{smallWorld("fast", 1), raisedWorld(), resumedWorld(), seed}
	for i := range worlds {
		w := &worlds[i]
		who := []string{w.victim}
		w.Actions = append(w.Actions, Action{At: 35 * Second, Do: DoLeave, Who: who}, Action{At: 40 * Second, Do: DoRestart, Who: who})
		w.Expect = append(w.Expect, Expectation{Check: "kept", Within: 80 * Second})
	}
	return Sweep{
		Name:    "disk",
		About:   "each operation of a disk fails, in every way",
		worlds:  worlds,
		survey:  surveyDisk,
		disturb: disturbDisk,
	}
}

// diskTrouble is a way in which a disk goes wrong.
type diskTrouble struct {
	Disk
	ops   simfs.Op // that are tried
	lasts Duration // 0: one operation goes wrong
}

var diskTroubles = map[string]diskTrouble{
	"EIO":    {Disk: Disk{Kind: "fail", Errno: "EIO"}, ops: simfs.OpAll},
	"ENOSPC": {Disk: Disk{Kind: "fail", Errno: "ENOSPC"}, ops: simfs.OpModify | simfs.OpSync | simfs.OpClose},
	"EACCES": {Disk: Disk{Kind: "fail", Errno: "EACCES"}, ops: simfs.OpAll},
	"EMFILE": {Disk: Disk{Kind: "fail", Errno: "EMFILE"}, ops: simfs.OpOpen | simfs.OpOpenWrite},
	"short":  {Disk: Disk{Kind: "short"}, ops: simfs.OpRead | simfs.OpWrite},
	"forget": {Disk: Disk{Kind: "forget"}, ops: simfs.OpSync},

	"EIO-for-30s":    {Disk: Disk{Kind: "fail", Errno: "EIO"}, ops: simfs.OpAll, lasts: diskTroubleTime},
	"ENOSPC-for-30s": {Disk: Disk{Kind: "fail", Errno: "ENOSPC", Ops: []string{"modify"}}, ops: simfs.OpModify, lasts: diskTroubleTime},
}

// diskTroubleTime is how long trouble lasts that does. It is over before the
// restart at the end.
const diskTroubleTime = 30 * Second

// surveyDisk lists the operations of the victim's disk. A place is an operation
// on what the client has there.
func surveyDisk(r *run, w *world) func() []Point {
	var points []Point
	place := 0
	n := r.victimOf(w)
	n.fs.OnOp(func(op simfs.Op, name string) {
		if !below(name, downloadDir) {
			return
		}
		for _, how := range slices.Sorted(maps.Keys(diskTroubles)) {
			if diskTroubles[how].ops&op != 0 {
				points = append(points, Point{Place: place, How: how, About: op.String() + " " + name})
			}
		}
		place++
	})
	return func() []Point { return points }
}

// below says whether a path is that of a directory, or of something in it.
func below(name, dir string) bool { return name == dir || strings.HasPrefix(name, dir+"/") }

func disturbDisk(r *run, w *world, p Point) {
	n, trouble := r.victimOf(w), diskTroubles[p.How]
	u := &user{run: r, node: n}
	r.noticers = append(r.noticers, u)
	place := 0
	n.fs.OnOp(func(_ simfs.Op, name string) {
		if !below(name, downloadDir) {
			return
		}
		if place++; place != p.Place+1 {
			return
		}
		fault := &Action{Do: DoDiskFault, Who: []string{n.name}, Disk: &trouble.Disk}
		if trouble.lasts == 0 {
			fault.Disk.Count = 1
		} else {
			u.trouble = true
			r.net.At(trouble.lasts.std(), func() {
				r.perform(&Action{Do: DoDiskHeal, Who: fault.Who})
				u.healed()
			})
		}
		r.perform(fault)
	})
}

// user does what somebody would who watches a client: when its torrent has
// stopped with an error, it is started again, once, when the trouble is over.
type user struct {
	run     *run
	node    *node
	trouble bool // which the user knows of, and waits for the end of
	started bool
	told    bool // that something has failed, in the client's present life
}

// userTime is how long it takes the user to act.
const userTime = Second

func (u *user) notice(n *node, x client.Notice) {
	if n != u.node {
		return
	}
	switch x := x.(type) {
	case client.FileFailed:
		u.told = true
		if !u.trouble {
			u.start()
		}
	case client.StateChanged:
		if x.State == client.Stopped && !u.told && !n.program.closing {
			u.run.fail(n.name, "sweep", "the torrent has stopped, and has not said why")
		}
	}
}

// healed says that the disk works again.
func (u *user) healed() {
	u.trouble = false
	if u.told {
		u.start()
	}
}

func (u *user) start() {
	u.run.net.At(userTime.std(), func() {
		if u.node.running() && !u.node.program.closing && u.node.program.torrent.State() == client.Stopped && !u.started {
			u.started = true
			u.node.torrentDo((*program).begin)
		}
	})
}
