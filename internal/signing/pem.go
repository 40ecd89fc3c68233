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

// Blocks reads every PEM block of a text, at least one.
//
// encoding/pem wants the markers on lines of their own, and skips what it cannot read: half a chain
// would be sent. Keys often lose all their line breaks in environment variables and JSON, and bunq
// and its SDKs exchange bodies on one line, so markers and body may be on one line here. Indentation
// (heredocs) and text around the blocks (as "openssl pkcs12" prints it) are skipped. The body of a
// key in OpenSSL's old encryption is not read: its block has the header Proc-Type, and no bytes.
//
// Errors: ErrNotPEM, ErrDamagedPEM.
func Blocks(text string) ([]*pem.Block, error) {
	var all []*pem.Block
	for {
		_, after, begun := strings.Cut(text, pemBegin)
		if !begun {
			break
		}

		label, after, ok := strings.Cut(after, pemDash)
		if !ok || label == "" || strings.ContainsAny(label, "\r\n-") || len(label) > 64 {
			return nil, fmt.Errorf("%w: the first line of block %d is damaged", ErrDamagedPEM, len(all)+1)
		}
		body, rest, ok := strings.Cut(after, pemEnd+label+pemDash)
		if !ok {
			return nil, fmt.Errorf("%w: the END line of the %q block is missing", ErrDamagedPEM, label)
		}

		block := &pem.Block{Type: label}
		if strings.Contains(body, "Proc-Type:") {
			block.Headers = map[string]string{"Proc-Type": "4,ENCRYPTED"}
		} else {
			der, err := base64.StdEncoding.Strict().DecodeString(strings.Join(strings.Fields(body), ""))
			if err != nil || len(der) == 0 {
				// The decoder's own error says nothing that helps a user.
				return nil, fmt.Errorf("%w: the body of the %q block is not base64%s", ErrDamagedPEM, label, escaped(body))
			}
			block.Bytes = der
		}
		all, text = append(all, block), rest
	}

	if len(all) == 0 {
		return nil, ErrNotPEM
	}
	return all, nil
}

func escaped(body string) string {
	if !strings.Contains(body, `\n`) {
		return ""
	}
	return `: its line ends are written as the two characters \n; pass real ones, for example with replace(x, "\\n", "\n")`
}

// onlyBlock reads the only PEM block of text. A second block is an error, since it is not clear which one
// is meant.
func onlyBlock(text string) (*pem.Block, error) {
	all, err := Blocks(text)
	if err != nil {
		return nil, err
	}
	// openssl writes EC parameters before an EC key; "not RSA" is a better error than "two blocks".
	if len(all) > 1 && all[0].Type != typeECParameters {
		return nil, fmt.Errorf("%w: the text holds more than one PEM block; keep only the key", ErrMalformedKey)
	}
	return all[0], nil
}
