package signing

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
)

// PEM types of keys.
const (
	typePKCS8     = "PRIVATE KEY"
	typePKCS1     = "RSA PRIVATE KEY"
	typeEncrypted = "ENCRYPTED PRIVATE KEY"
	typeSPKI      = "PUBLIC KEY"
	typePKCS1Pub  = "RSA PUBLIC KEY"

	typeECParameters = "EC PARAMETERS"
)

// keyBits is the size of generated keys. bunq documents 2048 bits for the client key pair; whether
// it accepts others is UNKNOWN.
const keyBits = 2048

// GenerateKey makes a key pair of 2048 bits for an installation.
func GenerateKey() (*rsa.PrivateKey, error) {
	key, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		return nil, fmt.Errorf("generate RSA key: %w", err)
	}
	return key, nil
}

// ParsePrivateKey reads an unencrypted RSA private key, PKCS#8 ("PRIVATE KEY") or PKCS#1 ("RSA
// PRIVATE KEY"). The body, and even the markers, may be on one line.
//
// Errors: ErrNotPEM, ErrDamagedPEM, ErrWrongPEMType, ErrNotRSA, ErrEncrypted, ErrMalformedKey.
func ParsePrivateKey(pemText string) (*rsa.PrivateKey, error) {
	block, err := onlyBlock(pemText)
	if err != nil {
		return nil, err
	}

	if block.Type == typeEncrypted || len(block.Headers) > 0 {
		return nil, fmt.Errorf("%w: decrypt it first, for example with \"openssl pkcs8 -topk8 -nocrypt\"", ErrEncrypted)
	}

	switch block.Type {
	case typePKCS8:
		key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("%w: the %q block is not PKCS#8: %w", ErrMalformedKey, block.Type, err)
		}
		rsaKey, ok := key.(*rsa.PrivateKey)
		if !ok {
			return nil, fmt.Errorf("%w: the %q block holds another kind of key; bunq accepts RSA keys only", ErrNotRSA, block.Type)
		}
		return rsaKey, nil
	case typePKCS1:
		key, err := x509.ParsePKCS1PrivateKey(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("%w: the %q block is not PKCS#1: %w", ErrMalformedKey, block.Type, err)
		}
		return key, nil
	case "EC PRIVATE KEY", typeECParameters, "DSA PRIVATE KEY", "DSA PARAMETERS":
		return nil, fmt.Errorf("%w: found a PEM block of type %q; bunq accepts RSA keys only", ErrNotRSA, block.Type)
	case typeSPKI, typePKCS1Pub:
		return nil, fmt.Errorf("%w: found %q, a public key, where the private key is needed", ErrWrongPEMType, block.Type)
	default:
		return nil, fmt.Errorf("%w: found %q, need %q (PKCS#8) or %q (PKCS#1); convert it with openssl (an OpenSSH key with `ssh-keygen -p -m PKCS8 -f FILE`)",
			ErrWrongPEMType, block.Type, typePKCS8, typePKCS1)
	}
}

// ParsePublicKey reads an RSA public key as SubjectPublicKeyInfo ("PUBLIC KEY"), the format that
// bunq sends and accepts (DOCUMENTED). The body, and even the markers, may be on one line (OBSERVED).
//
// Errors: ErrNotPEM, ErrDamagedPEM, ErrWrongPEMType (for a PKCS#1 key with the command that converts it),
// ErrNotRSA, ErrMalformedKey.
func ParsePublicKey(pemText string) (*rsa.PublicKey, error) {
	block, err := onlyBlock(pemText)
	if err != nil {
		return nil, err
	}

	switch block.Type {
	case typeSPKI:
	case typePKCS1Pub:
		return nil, fmt.Errorf("%w: found %q (PKCS#1), need %q; convert it with \"openssl rsa -RSAPublicKey_in -pubout\"",
			ErrWrongPEMType, block.Type, typeSPKI)
	default:
		return nil, fmt.Errorf("%w: found %q, need %q", ErrWrongPEMType, block.Type, typeSPKI)
	}

	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("%w: the %q block is not SubjectPublicKeyInfo: %w", ErrMalformedKey, block.Type, err)
	}
	rsaKey, ok := key.(*rsa.PublicKey)
	if !ok {
		return nil, fmt.Errorf("%w: the %q block holds another kind of key; bunq accepts RSA keys only", ErrNotRSA, block.Type)
	}
	return rsaKey, nil
}

// MarshalPrivateKey returns the key as PKCS#8 PEM with a final line feed.
func MarshalPrivateKey(key *rsa.PrivateKey) (string, error) {
	if key == nil {
		return "", fmt.Errorf("%w: no key", ErrMalformedKey)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrMalformedKey, err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: typePKCS8, Bytes: der})), nil
}

// MarshalPublicKey returns the key as SubjectPublicKeyInfo PEM in the canonical form over which
// bunq signs and verifies: 64 columns, LF, final LF. For a 2048-bit key with the usual exponent
// that is 451 bytes.
func MarshalPublicKey(key *rsa.PublicKey) (string, error) {
	if key == nil {
		return "", fmt.Errorf("%w: no key", ErrMalformedKey)
	}
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrMalformedKey, err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: typeSPKI, Bytes: der})), nil
}
