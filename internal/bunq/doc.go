// Package bunq is the client of bunq's API as far as PSD2 onboarding needs it:
// typed calls, the wire format, signatures both ways, rate limits, retries,
// coalesced reads, and errors that say what is known about the other side.
//
// A success is believed only when bunq's signature over the raw body fits. A
// write is repeated only where it is certain that bunq did not take it.
//
// Where a comment says "bunq docs", it names a section of https://doc.bunq.com.
// OBSERVED is what others have seen bunq do, UNKNOWN what nobody has.
//
// It must not know Terraform, where sessions come from (see SessionSource), or
// what becomes of a result.
package bunq
