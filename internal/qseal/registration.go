package qseal

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/openpsd2/terraform-provider-bunq/internal/signing"
)

// RegistrationPayload is the text that the QSEAL key signs to register the client key: the canonical PEM of the public key,
// with its final LF, and the installation token, with nothing after it. For a 2048-bit key and bunq's tokens of 64 characters
// that is 515 bytes (OBSERVED: a published signature verifies over exactly those). The error is one for a token that is empty
// or has white space in it, which would make a signature that bunq refuses.
func RegistrationPayload(clientPublicKey *rsa.PublicKey, installationToken string) (string, error) {
	if installationToken == "" {
		return "", errors.New("the installation token is empty")
	}
	if strings.ContainsAny(installationToken, " \t\r\n") {
		return "", errors.New("the installation token has white space in it")
	}
	key, err := signing.MarshalPublicKey(clientPublicKey)
	if err != nil {
		return "", err
	}
	return key + installationToken, nil
}

// SignRegistration signs a [RegistrationPayload]: RSASSA-PKCS1-v1_5 with SHA-256, as base64 on one line.
func SignRegistration(qsealKey *rsa.PrivateKey, payload string) (string, error) {
	return signing.Sign(qsealKey, []byte(payload))
}

// VerifyRegistration checks a signature that was made elsewhere over a [RegistrationPayload], before bunq sees it. The error
// wraps ErrNotBase64, ErrWrappedBase64 or ErrWrongSignature, and says which of the usual mistakes was made where it can tell.
func (c *Certificate) VerifyRegistration(payload, signature string) error {
	raw, err := decodeSignature(signature)
	if err != nil {
		return err
	}
	if len(raw) != c.key.Size() {
		return fmt.Errorf("%w: it has %d bytes, and one of the certificate's key (RSA, %d bits) has %d; %s", ErrWrongSignature,
			len(raw), c.key.N.BitLen(), c.key.Size(), explainLength(signature))
	}
	if signing.Verify(c.key, []byte(payload), signature) == nil {
		return nil
	}
	return fmt.Errorf("%w: %s", ErrWrongSignature, c.explainMismatch(payload, raw))
}

func decodeSignature(signature string) ([]byte, error) {
	oneLine := strings.Join(strings.Fields(signature), "")
	if oneLine == "" {
		return nil, fmt.Errorf("%w: it is empty", ErrNotBase64)
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(oneLine)
	switch {
	case err != nil && strings.ContainsAny(oneLine, "-_"):
		return nil, fmt.Errorf("%w: it has - or _ in it, so it may be base64url; bunq takes standard base64 with + and /", ErrNotBase64)
	case err != nil:
		return nil, fmt.Errorf("%w: encode the raw bytes of the signature, for example with `openssl base64 -A`", ErrNotBase64)
	case oneLine == signature:
		return raw, nil
	case oneLine == strings.TrimSpace(signature):
		return nil, fmt.Errorf("%w: there is white space before or after it; take it off, for example with trimspace(…)", ErrWrappedBase64)
	default:
		return nil, fmt.Errorf("%w: it is wrapped; encode it with `openssl base64 -A` or `base64 -w0`", ErrWrappedBase64)
	}
}

func explainLength(signature string) string {
	if _, err := hex.DecodeString(signature); err == nil {
		return "it looks like hexadecimal digits, where base64 belongs"
	}
	return "it is no raw RSA signature, or one of another key"
}

// explainMismatch tries what else the signature could be of: the ways in which signing by hand goes wrong.
func (c *Certificate) explainMismatch(payload string, raw []byte) string {
	fits := func(text string) bool {
		digest := sha256.Sum256([]byte(text))
		return rsa.VerifyPKCS1v15(c.key, crypto.SHA256, digest[:], raw) == nil
	}
	digest := sha256.Sum256([]byte(payload))
	switch {
	case fits(payload + "\n"):
		return "it was made over the payload with a newline after it; sign the payload exactly as it is (printf %s, not echo)"
	case fits(withoutLastLF(payload)):
		return "it was made over the payload without the newline between the public key and the token; sign the payload exactly as it is"
	case fits(string(digest[:])):
		return "the payload was hashed twice; have its SHA-256 digest signed as a digest, or the payload itself as a message"
	case rsa.VerifyPSS(c.key, crypto.SHA256, digest[:], raw, nil) == nil:
		return "it is an RSASSA-PSS signature; bunq wants RSASSA-PKCS1-v1_5 with SHA-256"
	default:
		return "it was made with another key than the certificate's, over another payload (the payload changes with every installation), " +
			"or with another hash than SHA-256"
	}
}

// withoutLastLF is the payload as it becomes when the PEM loses its final line end before the token is put behind it.
func withoutLastLF(payload string) string {
	i := strings.LastIndexByte(payload, '\n')
	return payload[:max(i, 0)] + payload[i+1:]
}
