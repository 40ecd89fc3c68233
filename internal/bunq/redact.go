package bunq

import (
	"mime"
	"regexp"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

const (
	redacted       = "(redacted)"
	maxDescription = 1000 // runes; bunq's longest known text has a fifth of that
	maxHeaderValue = 100
)

// Compiled on first use: a provider that is only asked for its schemas needs none.
var (
	// Keys, tokens and client secrets of bunq are 64 hex characters, those of sandbox
	// users 56 after a prefix; half of one is too much already. The longest run of a
	// UUID has 12.
	hexSecret = pattern(`[0-9A-Fa-f]{28,}`)
	pemSecret = pattern(`(?s)-----BEGIN .*?(?:-----END [^-]*-----|$)`)
	// userInfo finds the password in a proxy's address, which net/http quotes.
	userInfo = pattern(`//[^/@\s"]+@`)
)

// pattern returns a regular expression that is compiled on its first use.
func pattern(text string) func() *regexp.Regexp {
	return sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(text) })
}

// redact returns a text of bunq or of a library as it may be shown: without what the
// call sent as secret, without anything that has the form of a secret, and printable.
func redact(s string, secrets []Secret) string {
	for _, secret := range secrets {
		if secret != "" {
			s = strings.ReplaceAll(s, secret.Reveal(), redacted)
		}
	}
	s = pemSecret().ReplaceAllString(s, redacted)
	s = hexSecret().ReplaceAllString(s, redacted)
	s = userInfo().ReplaceAllString(s, "//"+redacted+"@")
	return shorten(strings.TrimSpace(Printable(s)), maxDescription)
}

// Printable returns a text that bunq, a proxy or a certificate has chosen as it may be
// shown: a blank in place of everything that is not seen, or that changes how the rest is
// seen. Besides control characters, which could forge lines, that is what is not in a
// category of letters, marks, numbers, punctuation and symbols: marks of direction, which
// turn a line around, zero-width characters, U+2028, and bytes that are not UTF-8.
func Printable(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) || r == utf8.RuneError {
			return ' '
		}
		return r
	}, s)
}

func shorten(s string, limit int) string {
	if runes := []rune(s); len(runes) > limit {
		return string(runes[:limit]) + "…"
	}
	return s
}

func cleanID(s string) string { return shorten(redact(s, nil), maxHeaderValue) }

// cleanContentType returns the media type without its parameters, which are of no use.
func cleanContentType(s string) string {
	media, _, err := mime.ParseMediaType(s)
	if err != nil {
		media, _, _ = strings.Cut(s, ";")
	}
	return shorten(redact(media, nil), maxHeaderValue)
}

// cleanError returns err with a text that shows no secret. errors.Is and errors.As still
// find err.
func cleanError(err error, secrets []Secret) error {
	was := err.Error()
	if is := redact(was, secrets); is != was {
		return &cleanedError{text: is, err: err}
	}
	return err
}

type cleanedError struct {
	text string
	err  error
}

func (e *cleanedError) Error() string { return e.text }
func (e *cleanedError) Unwrap() error { return e.err }
