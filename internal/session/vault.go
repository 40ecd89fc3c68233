package session

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
)

// A sealed file is: magic, version, salt, nonce, AES-256-GCM ciphertext with its tag. The
// key is HKDF-SHA256 of the context's secrets with the salt, which is new for each write.
// The associated data is the base URL and the name of the file.
const (
	magic    = "bunqsess"
	version  = 1
	saltSize = 32
	keySize  = 32
	nameSize = 20

	nameInfo = "terraform-provider-bunq session cache: name\x00"
	keyInfo  = "terraform-provider-bunq session cache: key\x00"
)

var errNotOurs = errors.New("not a file of this context")

// vault seals and opens the file of one API context at one base URL.
type vault struct {
	secrets []byte
	baseURL string
	name    string
}

func newVault(ac bunq.APIContext, baseURL string) (*vault, error) {
	if ac.Installation.PrivateKey == nil {
		return nil, errors.New("the context has no private key")
	}
	key, err := x509.MarshalPKCS8PrivateKey(ac.Installation.PrivateKey)
	if err != nil {
		return nil, err
	}

	var secrets []byte
	for _, part := range [][]byte{
		[]byte(ac.Environment),
		[]byte(ac.APIKey.Reveal()),
		[]byte(ac.Installation.Token.Reveal()),
		key,
	} {
		secrets = appendSized(secrets, part)
	}

	name, err := hkdf.Key(sha256.New, secrets, nil, nameInfo+baseURL, nameSize)
	if err != nil {
		return nil, err
	}
	return &vault{secrets: secrets, baseURL: baseURL, name: hex.EncodeToString(name)}, nil
}

func (v *vault) seal(plain []byte) ([]byte, error) {
	head := append([]byte(magic), version)
	head = append(head, make([]byte, saltSize)...)
	salt := head[len(head)-saltSize:]
	if _, err := rand.Read(salt); err != nil {
		return nil, err
	}
	aead, err := v.aead(salt)
	if err != nil {
		return nil, err
	}
	return aead.Seal(head, nil, plain, v.place()), nil //nolint:gosec // no nonce is passed in: this AEAD makes a random one
}

// open returns the plain text. The error is errNotOurs for a file of another context, base
// URL or version, and for one that was changed.
func (v *vault) open(sealed []byte) ([]byte, error) {
	head := len(magic) + 1 + saltSize
	if len(sealed) < head || !bytes.HasPrefix(sealed, append([]byte(magic), version)) {
		return nil, errNotOurs
	}
	aead, err := v.aead(sealed[head-saltSize : head])
	if err != nil {
		return nil, err
	}
	plain, err := aead.Open(nil, nil, sealed[head:], v.place())
	if err != nil {
		return nil, errNotOurs
	}
	return plain, nil
}

func (v *vault) aead(salt []byte) (cipher.AEAD, error) {
	key, err := hkdf.Key(sha256.New, v.secrets, salt, keyInfo, keySize)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// place returns the associated data. It need not include what is in front of the
// ciphertext: another magic or version is refused, and another salt gives another key.
func (v *vault) place() []byte {
	return appendSized(appendSized(nil, []byte(v.baseURL)), []byte(v.name))
}

// Format prevents every verb from printing the secrets.
func (v *vault) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, "session.vault") // fmt.State swallows write errors
}

// appendSized writes the length first, so that no two lists of parts give the same bytes.
func appendSized(to, part []byte) []byte {
	to = binary.BigEndian.AppendUint64(to, uint64(len(part)))
	return append(to, part...)
}
