package probe

// memory is what questions share of what they made or saw, and what is forgotten with a reset of
// the sandbox.
type memory struct {
	ownAddress   string
	newerKey     *party // of the user "old-keys"
	activeClient int64  // of the base user
	cancelled    *cancelledClient
	burst        *burst
}
