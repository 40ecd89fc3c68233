package bunq

// UnansweredError is a write whose answer did not come or was rejected, and after
// which bunq was asked whether it was done.
type UnansweredError struct {
	// Err says what happened to the answer.
	Err error
	// LookUp is why bunq could not be asked; nil where it was asked, and has not
	// done it. It stands apart from Err: what it says is about another call.
	LookUp error
}

// Error returns both.
func (e *UnansweredError) Error() string {
	if e.LookUp == nil {
		return e.Err.Error() + "; bunq was asked afterwards, and has not done it"
	}
	return e.Err.Error() + "; and bunq could not be asked whether it was done: " + e.LookUp.Error()
}

// Unwrap returns what happened to the write, not to the look-up.
func (e *UnansweredError) Unwrap() error { return e.Err }

// Confirm settles a write that ended with err: where its outcome is unknown, look
// asks bunq whether it was done. nil: it was done.
//
// Errors: err itself where the outcome is known, else *UnansweredError.
func Confirm(err error, look func() (done bool, err error)) error {
	if !OutcomeUnknown(err) {
		return err
	}

	done, lookErr := look()
	if lookErr == nil && done {
		return nil
	}
	return &UnansweredError{Err: err, LookUp: lookErr}
}
