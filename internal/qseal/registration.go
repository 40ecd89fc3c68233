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

// RegistrationPayload returns the text that the QSEAL key signs to register the client key: the
// canonical PEM of the public key, with its final LF, and the installation token, with nothing
// after it. For a 2048-bit key and bunq's tokens of 64 characters that is 515 bytes (OBSERVED: a
// published signature verifies over exactly those). It returns an error if the token is empty or
// contains white space, because bunq would refuse the signature.
func RegistrationPayload(clientPublicKey *rsa.PublicKey, installationToken string) (string, error) {
	if installationToken == "" {
		return "", errors.New("the installation token is empty")
	}
	if strings.ContainsAny(installationToken, " \t\r\n") {
		return "", errors.New("the installation token contains white space")
	}
	key, err := signing.MarshalPublicKey(clientPublicKey)
	if err != nil {
		return "", err
	}
	return key + installationToken, nil
}

// SignRegistration signs a [RegistrationPayload]: RSASSA-PKCS1-v1_5 with SHA-256, as base64 on one
// line.
func SignRegistration(qsealKey *rsa.PrivateKey, payload string) (string, error) {
	return signing.Sign(qsealKey, []byte(payload))
}

// VerifyRegistration checks a signature that was made elsewhere over a [RegistrationPayload],
// before it is sent. The error wraps ErrNotBase64, ErrWrappedBase64 or ErrWrongSignature, and names
// the mistake if it is one of the usual ones.
func (c *Certificate) VerifyRegistration(payload, signature string) error {
	raw, err := decodeSignature(signature)
	if err != nil {
		return err
	}
	if len(raw) != c.key.Size() {
		return fmt.Errorf("%w: it has %d bytes, but a signature by the certificate's key (RSA, %d bits) has %d; %s", ErrWrongSignature,
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
		return nil, fmt.Errorf("%w: it contains - or _, so it may be base64url; bunq accepts standard base64 with + and /", ErrNotBase64)
	case err != nil:
		return nil, fmt.Errorf("%w: encode the raw bytes of the signature, for example with `openssl base64 -A`", ErrNotBase64)
	case oneLine == signature:
		return raw, nil
	case oneLine == strings.TrimSpace(signature):
		return nil, fmt.Errorf("%w: there is white space before or after it; remove it, for example with trimspace(…)", ErrWrappedBase64)
	default:
		return nil, fmt.Errorf("%w: it is wrapped; encode it with `openssl base64 -A` or `base64 -w0`", ErrWrappedBase64)
	}
}

func explainLength(signature string) string {
	if _, err := hex.DecodeString(signature); err == nil {
		return "it looks like hexadecimal digits instead of base64"
	}
	return "it is not a raw RSA signature, or was made with another key"
}

// explainMismatch returns why a signature does not verify, after trying the usual mistakes of
// signing by hand.
func (c *Certificate) explainMismatch(payload string, raw []byte) string {
	matches := func(text string) bool {
		digest := sha256.Sum256([]byte(text))
		return rsa.VerifyPKCS1v15(c.key, crypto.SHA256, digest[:], raw) == nil
	}
	digest := sha256.Sum256([]byte(payload))
	switch {
	case matches(payload + "\n"):
		return "it was made over the payload with a newline after it; sign the payload exactly as it is (printf %s, not echo)"
	case matches(withoutLastLF(payload)):
		return "it was made over the payload without the newline between the public key and the token; sign the payload exactly as it is"
	case matches(string(digest[:])):
		return "the payload was hashed twice; have its SHA-256 digest signed as a digest, or the payload itself as a message"
	case rsa.VerifyPSS(c.key, crypto.SHA256, digest[:], raw, nil) == nil:
		return "it is an RSASSA-PSS signature; bunq wants RSASSA-PKCS1-v1_5 with SHA-256"
	default:
		return "it was made with another key than the certificate's, over another payload (the payload changes with every installation), " +
			"or with another hash than SHA-256"
	}
}

// withoutLastLF returns the payload as it is if the PEM loses its final line end before the token
// is appended.
func withoutLastLF(payload string) string {
	i := strings.LastIndexByte(payload, '\n')
	return payload[:max(i, 0)] + payload[i+1:]
}
