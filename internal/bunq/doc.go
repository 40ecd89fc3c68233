// Package bunq is the client of bunq's API as far as PSD2 onboarding needs it:
// typed calls, the wire format, signatures both ways, rate limits, retries,
// coalesced reads, and errors that say what is known about the other side.
//
// A success is accepted only if bunq's signature matches the raw body. A write is
// repeated only if it is certain that bunq did not receive it.
//
// Comments say where a statement about bunq comes from. DOCUMENTED is what bunq says, on
// the page that is named or in its OpenAPI export (API 1.27.17.56, April 2025).
// OBSERVED is what others have seen bunq do, UNKNOWN what nobody has.
//
// It must not know Terraform, where sessions come from (see SessionSource), or
// what a result is used for.
package bunq
