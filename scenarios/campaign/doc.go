// Package campaign searches for trouble: it makes one generated swarm after the
// other, on several cores or split over machines, and tells what was tried and what
// was found.
//
// A campaign is a seed. What run number k of it is follows from the two alone, so
// that who makes it, and when, does not matter: shard i of n makes the runs i, i+n,
// i+2n and so on, and the reports of all shards Merge to that of the whole.
//
// A Report says three things: what has failed, one Failure for each rule and kind of
// node; what was tried, as the marks that were reached, the kinds of trouble that met
// in a run and the states that connections were in; and how much of it there was. A
// campaign that never comes into a situation which it should know has not shown that
// nothing is wrong there, and fails, once it is long enough.
package campaign
