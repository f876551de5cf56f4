// Package simnet simulates an internet, deterministically: the same seed and the
// same program give the same run, event by event and byte by byte, on any
// machine. It knows hosts and their names, links, streams, datagrams, HTTP and
// slow disks, and nothing of what is said over them.
//
// There is one goroutine and no lock: whoever calls Step or RunUntil runs all
// programs on all hosts. A program is made of callbacks, and a callback is never
// called from within a call into this package: it is always an event of its own.
//
//	net := simnet.New(seed)
//	link := simnet.LinkConfig{Up: 1 << 20, Down: 4 << 20, Latency: 10 * time.Millisecond}
//	a := net.NewHost("a", netip.MustParseAddr("10.0.0.1"), link)
//	b := net.NewHost("b", netip.MustParseAddr("10.0.0.2"), link)
//	b.Net().Listen(netip.MustParseAddrPort("10.0.0.2:6881"), accept)
//	a.Net().Dial(netip.MustParseAddrPort("10.0.0.2:6881"), handler)
//	net.RunUntil(simnet.Epoch.Add(time.Minute))
//
// # What a stream is made of
//
// Bytes wait in the sender's queue until the uplink takes them, a quantum at a
// time and one stream after the other; that is when Sent is reported and the
// bytes are copied. They take the latency and jitter of both links, never
// overtaking each other, then pass the receiver's downlink in the order they
// came. What the receiver has not read, because its link is slow or because it
// paused, holds the sender back. Nothing of a stream is lost on the way, as TCP
// would repeat it; it is late, or the stream breaks. Only an Interceptor can take
// bytes out of it, and LinkConfig.Corrupt damage them.
//
// # What can go wrong
//
// Links: LinkConfig. Between hosts: Partition, PartitionOneWay and Stall, each
// ended by Cut.Heal; ResetStreams; Intercept. At a host: SetIncoming and
// LimitIncoming; Freeze and Suspend; Kill and Restart; SetClock; RemoveAddr and
// AddAddr; NAT. Trouble is drawn from streams of random numbers of its own, by
// kind and pair of hosts: what is off, or strikes others, shifts nothing.
package simnet
