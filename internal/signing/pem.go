package signing

import (
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"strings"
)

const (
	pemBegin = "-----BEGIN "
	pemEnd   = "-----END "
	pemDash  = "-----"
)

// decodeBlock reads the only PEM block of text.
//
// encoding/pem wants the markers on lines of their own. Keys that travel through
// environment variables and JSON often lose all their line breaks, and bunq and
// its SDKs themselves exchange bodies on one line, so markers and body may
// stand on one line here. Text around the block (as "openssl pkcs12" prints it)
// is skipped; a second block is refused, since nothing tells which one is meant.
func decodeBlock(text string) (*pem.Block, error) {
	_, after, ok := strings.Cut(text, pemBegin)
	if !ok {
		return nil, ErrNotPEM
	}
	label, after, ok := strings.Cut(after, pemDash)
	if !ok || label == "" || strings.ContainsAny(label, "\r\n-") || len(label) > 64 {
		return nil, fmt.Errorf("%w: its first line is damaged", ErrNotPEM)
	}

	body, rest, ok := strings.Cut(after, pemEnd+label+pemDash)
	if !ok {
		return nil, fmt.Errorf("%w: the END line of the %q block is missing", ErrNotPEM, label)
	}
	// openssl writes EC parameters before an EC key; that it is EC says more than that there are two.
	if strings.Contains(rest, pemBegin) && label != typeECParameters {
		return nil, fmt.Errorf("%w: the text holds more than one PEM block; keep the key alone", ErrMalformedKey)
	}

	headers, body, err := splitHeaders(body)
	if err != nil {
		return nil, err
	}

	der, err := base64.StdEncoding.Strict().DecodeString(strings.Join(strings.Fields(body), ""))
	if err != nil || len(der) == 0 {
		// The decoder's own error would be harmless, but says nothing a user can act on.
		return nil, fmt.Errorf("%w: the body of the %q block is not base64", ErrMalformedKey, label)
	}
	return &pem.Block{Type: label, Headers: headers, Bytes: der}, nil
}

// splitHeaders takes the "Name: value" lines of RFC 1421 off the body. Only
// legacy encrypted keys have them (Proc-Type, DEK-Info).
func splitHeaders(body string) (map[string]string, string, error) {
	headers := map[string]string{}
	if !strings.Contains(body, ":") {
		return headers, body, nil
	}

	lines := strings.Split(strings.TrimSpace(body), "\n")
	for i, line := range lines {
		name, value, ok := strings.Cut(line, ":")
		if !ok {
			return headers, strings.Join(lines[i:], "\n"), nil
		}
		headers[strings.TrimSpace(name)] = strings.TrimSpace(value)
	}
	// All on one line: where headers end cannot be told, but what they announce can.
	return headers, "", headersOnly(body)
}

func headersOnly(body string) error {
	if strings.Contains(body, "ENCRYPTED") {
		return ErrEncrypted
	}
	return fmt.Errorf("%w: the PEM block has headers and no body", ErrMalformedKey)
}
