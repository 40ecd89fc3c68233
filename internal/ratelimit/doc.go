// Package ratelimit says when a request may go, so that a server that counts
// requests in sliding windows never has to refuse one.
//
// It owns the table of bunq's published limits, the windows and the queues
// before them. It must not know HTTP, sessions, retries, or what a request is
// about: a [Key] is two strings to it.
//
// A server counts a request when it arrives, and that moment is not known
// here: it lies somewhere between sending and receiving the answer. A [Slot]
// therefore occupies its window from Acquire until one window length after
// Done. That is the shortest occupation which is safe for every latency: were
// M+1 arrivals to fall within one window of length W, the slot acquired last
// among them would have been granted while all the M others were in flight or
// answered less than W ago, which Acquire does not do.
//
// The package starts no goroutine of its own. A timer runs only while someone
// waits, and is stopped when the last waiter has gone.
package ratelimit
