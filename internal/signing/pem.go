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
// encoding/pem wants the markers on lines of their own. Keys often lose all their line breaks in
// environment variables and JSON, and bunq and its SDKs exchange bodies on one line, so markers and
// body may be on one line here. Text around the block (as "openssl pkcs12" prints it) is skipped. A
// second block is an error, since it is not clear which one is meant.
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
	// openssl writes EC parameters before an EC key; "not RSA" is a better error than "two blocks".
	if strings.Contains(rest, pemBegin) && label != typeECParameters {
		return nil, fmt.Errorf("%w: the text holds more than one PEM block; keep only the key", ErrMalformedKey)
	}

	headers, body, err := splitHeaders(body)
	if err != nil {
		return nil, err
	}

	der, err := base64.StdEncoding.Strict().DecodeString(strings.Join(strings.Fields(body), ""))
	if err != nil || len(der) == 0 {
		// The decoder's own error says nothing that helps a user.
		return nil, fmt.Errorf("%w: the body of the %q block is not base64", ErrMalformedKey, label)
	}
	return &pem.Block{Type: label, Headers: headers, Bytes: der}, nil
}

// splitHeaders separates the "Name: value" lines of RFC 1421 from the body. Only legacy encrypted
// keys have them (Proc-Type, DEK-Info).
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
	// All on one line: it is not clear where the headers end, but what they announce is.
	return headers, "", headersOnly(body)
}

func headersOnly(body string) error {
	if strings.Contains(body, "ENCRYPTED") {
		return ErrEncrypted
	}
	return fmt.Errorf("%w: the PEM block has headers and no body", ErrMalformedKey)
}
