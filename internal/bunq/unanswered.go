package bunq

// UnansweredError is a write whose answer did not come or was rejected, and that a
// follow-up read could not settle as done.
type UnansweredError struct {
	// Err says what happened to the answer.
	Err error
	// LookUp is the error of the follow-up read; nil if it shows that the write was
	// not done. It is kept apart from Err, as it is about another call.
	LookUp error
}

// Error returns both.
func (e *UnansweredError) Error() string {
	if e.LookUp == nil {
		return e.Err.Error() + "; a follow-up read shows that it was not done"
	}
	return e.Err.Error() + "; a follow-up read failed: " + e.LookUp.Error()
}

// Unwrap returns the error of the write, not that of the follow-up read.
func (e *UnansweredError) Unwrap() error { return e.Err }

// Confirm settles a write that ended with err: if its outcome is unknown, look reads
// whether it was done. It returns nil if it was.
//
// Errors: err itself if the outcome is known, else *UnansweredError.
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
