package bunq

// UnansweredError is a write whose answer did not come, or is not believed, and
// after which bunq was asked what became of it.
type UnansweredError struct {
	// Err says what happened to the answer.
	Err error
	// LookUp is why bunq could not be asked; nil where it was asked, and has not
	// done it. It stands apart from Err: what it says is about another call.
	LookUp error
}

// Error tells both.
func (e *UnansweredError) Error() string {
	if e.LookUp == nil {
		return e.Err.Error() + "; bunq was asked afterwards, and has not done it"
	}
	return e.Err.Error() + "; and bunq could not be asked what became of it: " + e.LookUp.Error()
}

// Unwrap gives what happened to the write, not to the look-up.
func (e *UnansweredError) Unwrap() error { return e.Err }
