package session

// RefusedError means that bunq refused the API key or the caller's address, for
// which it has one text. Nothing that this process does by itself changes the
// answer, so every later call with the same context gets it without a request,
// until [Source.ForgetRefusal].
type RefusedError struct {
	// Err is bunq's answer, a *bunq.APIError.
	Err error
}

// Error tells what bunq said.
func (e *RefusedError) Error() string {
	return "bunq refuses to open a session with this API key from this address: " + e.Err.Error()
}

// Unwrap gives bunq's answer.
func (e *RefusedError) Unwrap() error { return e.Err }
