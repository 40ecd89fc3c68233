package bunq

import (
	"crypto/rsa"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/openpsd2/terraform-provider-bunq/internal/signing"
)

// Installation is what a call before the session needs: the token that names the
// installation, the key that signs for it, and the key that bunq signs with.
type Installation struct {
	Token           Secret
	PrivateKey      *rsa.PrivateKey
	ServerPublicKey *rsa.PublicKey
}

// NewInstallation makes an Installation from its texts: privateKeyPEM is PKCS#8 or
// PKCS#1, unencrypted; serverPublicKeyPEM is SubjectPublicKeyInfo.
//
// Errors: those of package signing, with the part that is wrong; none repeats a secret.
func NewInstallation(token Secret, privateKeyPEM Secret, serverPublicKeyPEM string) (Installation, error) {
	if token == "" {
		return Installation{}, errors.New("the installation token is empty")
	}
	private, err := signing.ParsePrivateKey(privateKeyPEM.Reveal())
	if err != nil {
		return Installation{}, fmt.Errorf("private key of the installation: %w", err)
	}
	server, err := signing.ParsePublicKey(serverPublicKeyPEM)
	if err != nil {
		return Installation{}, fmt.Errorf("bunq's public key (server public key): %w", err)
	}
	return Installation{Token: token, PrivateKey: private, ServerPublicKey: server}, nil
}

// PEM returns the keys as texts that NewInstallation takes: the private key as
// PKCS#8, its public half and bunq's public key as SubjectPublicKeyInfo.
func (i Installation) PEM() (private Secret, public, server string, err error) {
	key, err := signing.MarshalPrivateKey(i.PrivateKey)
	if err != nil {
		return "", "", "", err
	}
	if public, err = signing.MarshalPublicKey(&i.PrivateKey.PublicKey); err != nil {
		return "", "", "", err
	}
	server, err = signing.MarshalPublicKey(i.ServerPublicKey)
	return Secret(key), public, server, err
}

// APIContext is everything that opens sessions: an installation and an API key
// that was registered on it.
type APIContext struct {
	Environment  Environment
	APIKey       Secret
	Installation Installation
}

// Fingerprint returns the lower-case hex SHA-256 (64 characters) over environment,
// API key, installation token, the public half of the key and bunq's public key: it
// identifies the context and reveals nothing of it. bunq's key is part of it
// because it decides what is believed: an answer that was verified with one server
// key says nothing to a context that has another.
func (c APIContext) Fingerprint() string {
	var own *rsa.PublicKey
	if c.Installation.PrivateKey != nil {
		own = &c.Installation.PrivateKey.PublicKey
	}

	h := sha256.New()
	for _, part := range []string{
		string(c.Environment), c.APIKey.Reveal(), c.Installation.Token.Reveal(), keyText(own), keyText(c.Installation.ServerPublicKey),
	} {
		// Lengths first, so that no two contexts give the same bytes.
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
		h.Write([]byte(part))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// keyText returns the PEM of a key. One that is missing or cannot be marshalled can
// sign and verify nothing, so "" is good enough for it.
func keyText(key *rsa.PublicKey) string {
	text, _ := signing.MarshalPublicKey(key)
	return text
}
