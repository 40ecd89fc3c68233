// Package probe asks a bunq sandbox what its documents leave open, and reports what it answered.
//
// There is one question for each setting of the simulator that can be seen from outside, named as
// the setting. A question ends settled (with the exchange that shows the answer), not settled (with
// the reason), or as a surprise: an answer that no choice of the setting foresees, which is shown
// raw and never counted as settled.
//
// The package has a client of its own, made of net/http and signing alone. It must be able to send
// what the provider's client rightly refuses to send, and must not share a mistake with that client
// or with the simulator; so it imports neither.
//
// What it believes of bunq's answers is in texts.go and beliefs.go. Where bunq's words are known
// only as the simulator invented them, bunq will answer in others: that is a surprise, and worth a
// look by a person.
package probe
