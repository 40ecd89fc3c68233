package signing

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
)

// Sign returns the RSASSA-PKCS1-v1_5 signature with SHA-256 over message, as standard base64 on one
// line (DOCUMENTED: wrapped base64 is a cause of refused signatures).
func Sign(key *rsa.PrivateKey, message []byte) (string, error) {
	if key == nil {
		return "", fmt.Errorf("%w: no key to sign with", ErrMalformedKey)
	}

	digest := sha256.Sum256(message)
	// No random source: PKCS #1 v1.5 signatures are deterministic.
	signature, err := rsa.SignPKCS1v15(nil, key, crypto.SHA256, digest[:])
	if err != nil {
		return "", fmt.Errorf("sign: %w", err)
	}
	return base64.StdEncoding.EncodeToString(signature), nil
}

// Verify checks a signature in the format of Sign. Every failure, including invalid base64, is an
// ErrInvalidSignature.
func Verify(key *rsa.PublicKey, message []byte, signature string) error {
	if key == nil {
		return fmt.Errorf("%w: no key to verify with", ErrInvalidSignature)
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(signature)
	if err != nil {
		return fmt.Errorf("%w: it is not base64", ErrInvalidSignature)
	}

	digest := sha256.Sum256(message)
	if err := rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], raw); err != nil {
		return fmt.Errorf("%w: it was made with another key or over other bytes", ErrInvalidSignature)
	}
	return nil
}
