// Package ratelimit decides when a request may be sent, so that a server that counts requests in
// sliding windows never has to refuse one.
//
// It owns the table of bunq's published limits, the windows and their queues. It must not know
// HTTP, sessions, retries, or what a request is about: to it, a [Key] is two strings.
//
// A server counts a request when it arrives, and that time is not known here: it is somewhere
// between sending the request and receiving the answer. A [Slot] therefore occupies its window from
// Acquire until one window length after Done. That is the shortest occupation that is safe for
// every latency: if M+1 arrivals fell within one window of length W, the slot acquired last among
// them would have been granted while all M others were in flight or answered less than W ago, which
// Acquire does not do.
//
// A slot is a place in a semaphore, which a timer gives back one window length after Done.
package ratelimit
