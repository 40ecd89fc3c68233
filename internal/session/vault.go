package session

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/x509"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
)

// The file of a context is a nonce and AES-256-GCM ciphertext with its tag. The key and the
// name of the file are HKDF-SHA256 of the context's secrets and the base URL. A context
// writes far fewer files than the 2^32 for which random nonces are safe. Another form of
// the file needs another keyInfo.
const (
	keySize  = 32
	nameSize = 20

	nameInfo = "terraform-provider-bunq session cache: name\x00"
	keyInfo  = "terraform-provider-bunq session cache: key 2\x00"
)

// vault seals and opens the file of one API context at one base URL.
type vault struct {
	aead cipher.AEAD
	name string
}

func newVault(ac bunq.APIContext, baseURL string) (*vault, error) {
	if ac.Installation.PrivateKey == nil {
		return nil, errors.New("the context has no private key")
	}
	own, err := x509.MarshalPKCS8PrivateKey(ac.Installation.PrivateKey)
	if err != nil {
		return nil, err
	}

	var secrets []byte
	for _, part := range []string{string(ac.Environment), ac.APIKey.Reveal(), ac.Installation.Token.Reveal(), string(own)} {
		// Lengths first, so that no two contexts give the same bytes.
		secrets = binary.BigEndian.AppendUint64(secrets, uint64(len(part)))
		secrets = append(secrets, part...)
	}

	name, err := hkdf.Key(sha256.New, secrets, nil, nameInfo+baseURL, nameSize)
	if err != nil {
		return nil, err
	}
	key, err := hkdf.Key(sha256.New, secrets, nil, keyInfo+baseURL, keySize)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return &vault{aead: aead, name: hex.EncodeToString(name)}, err
}

func (v *vault) seal(plain []byte) []byte {
	return v.aead.Seal(nil, nil, plain, nil) //nolint:gosec // no nonce is passed in: this AEAD makes a random one
}

// open returns the plain text. It is an error if the file is of another context, base URL
// or version, or was changed.
func (v *vault) open(sealed []byte) ([]byte, error) { return v.aead.Open(nil, nil, sealed, nil) }

// Format prevents every verb from printing the secrets.
func (v *vault) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, "session.vault") // fmt.State swallows write errors
}
