package bunq

import (
	"errors"
	"fmt"
	"io"
)

// Secret is a value that must not be printed: an API key, a token, a client secret.
// Every way of formatting it shows a placeholder. Marshalling it is an error, so that
// it cannot get into a structured log or a file unseen. Reveal returns the value.
//
// One way is left: fmt does not call methods of unexported fields. A struct that has a
// Secret in one and may be printed must keep it behind a pointer.
type Secret string

const (
	hidden      = "(sensitive)"
	hiddenEmpty = "(empty)"
)

// Reveal returns the value itself, for the one place that sends or stores it.
func (s Secret) Reveal() string { return string(s) }

// String hides the value, and shows whether there is one.
func (s Secret) String() string {
	if s == "" {
		return hiddenEmpty
	}
	return hidden
}

// GoString hides the value from %#v.
func (s Secret) GoString() string { return "bunq.Secret(" + s.String() + ")" }

// Format hides the value from every verb, %x and %q included.
func (s Secret) Format(f fmt.State, verb rune) {
	text := s.String()
	if verb == 'v' && f.Flag('#') {
		text = s.GoString()
	}
	_, _ = io.WriteString(f, text) // fmt.State swallows write errors
}

var errMarshalSecret = errors.New("a bunq.Secret cannot be marshalled; use Reveal if it must be")

// MarshalText returns an error, so that encoding/json, log/slog and the like show nothing.
func (s Secret) MarshalText() ([]byte, error) { return nil, errMarshalSecret }
