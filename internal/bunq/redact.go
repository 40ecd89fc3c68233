package bunq

import (
	"mime"
	"regexp"
	"strings"
	"unicode"
)

const (
	redacted       = "(redacted)"
	maxDescription = 1000 // runes; bunq's longest known text has a fifth of that
	maxHeaderValue = 100
)

var (
	// Keys, tokens and client secrets of bunq are 64 hex characters, those of
	// sandbox users 56 after a prefix; half of one is as much as anybody may see.
	// A UUID's longest run has 12.
	hexSecret = regexp.MustCompile(`[0-9A-Fa-f]{28,}`)
	pemSecret = regexp.MustCompile(`(?s)-----BEGIN .*?(?:-----END [^-]*-----|$)`)
	// userInfo finds the password in a proxy's address, which net/http quotes.
	userInfo = regexp.MustCompile(`//[^/@\s"]+@`)
)

// redact makes a text of bunq's (or of a library's) fit to be shown: what the call
// sent as secret and everything of a secret's shape is taken out, and so are
// control characters, which could forge lines in a log.
func redact(s string, secrets []Secret) string {
	for _, secret := range secrets {
		if secret != "" {
			s = strings.ReplaceAll(s, secret.Reveal(), redacted)
		}
	}
	s = pemSecret.ReplaceAllString(s, redacted)
	s = hexSecret.ReplaceAllString(s, redacted)
	s = userInfo.ReplaceAllString(s, "//"+redacted+"@")
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, s)
	return shorten(strings.TrimSpace(s), maxDescription)
}

func shorten(s string, limit int) string {
	if runes := []rune(s); len(runes) > limit {
		return string(runes[:limit]) + "…"
	}
	return s
}

func cleanID(s string) string { return shorten(redact(s, nil), maxHeaderValue) }

// cleanContentType is the bare media type; parameters tell nobody anything.
func cleanContentType(s string) string {
	media, _, err := mime.ParseMediaType(s)
	if err != nil {
		media, _, _ = strings.Cut(s, ";")
	}
	return shorten(redact(media, nil), maxHeaderValue)
}

// cleanError keeps err for errors.Is and errors.As, and its text from showing a secret.
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
