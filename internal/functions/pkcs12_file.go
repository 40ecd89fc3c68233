package functions

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/function"
	"software.sslmate.com/src/go-pkcs12"

	"github.com/openpsd2/terraform-provider-bunq/internal/qseal"
)

// keyStore is the content of a PKCS#12 file.
type keyStore struct {
	certificate *x509.Certificate
	issuers     []*x509.Certificate
	key         crypto.Signer
}

// Reasons why a PKCS#12 file cannot be used. The messages have nothing of the file or of the
// passphrase.
var (
	errWrongPassphrase   = errors.New("wrong passphrase")
	errImpossiblePhrase  = errors.New("impossible passphrase")
	errSeveralKeys       = errors.New("there is more than one private key in the file, and nothing says which one is meant")
	errNoKey             = errors.New("there is no private key in the file: have it exported together with its key")
	errNoCertificate     = errors.New("there is no certificate in the file: have it exported together with its certificate")
	errForeignKey        = errors.New("the private key in the file belongs to none of the certificates in it")
	errUnusableKey       = errors.New("the private key in the file is of an algorithm that cannot sign")
	errUnreadable        = errors.New("the file is damaged, or written in a way that is not read here")
	errUnsupported       = errors.New("the file is encrypted in a way that is not read here")
	errNoIntegrity       = errors.New("the file has no checksum (MAC), so that a passphrase cannot be checked")
	errUnreasonableWork  = errors.New("the file asks for so many rounds of key derivation that it must be damaged")
	errIndefiniteLengths = errors.New("the file is written in BER with indefinite lengths, which is not read here")
)

// reexport is the next step for a file that cannot be read.
const reexport = "write it again with `openssl pkcs12 -in FILE -noenc | openssl pkcs12 -export -out NEWFILE`"

// decodeBase64 returns the bytes of a PKCS#12 file, or what the text is instead.
func decodeBase64(text string) (der []byte, problem string) {
	const write = `write filebase64("FILE.p12") for a file; what is base64 already is passed as it is`
	compact := strings.Join(strings.Fields(text), "")
	der, err := base64.StdEncoding.DecodeString(compact)
	switch {
	case compact == "":
		return nil, "the text is empty: " + write
	case strings.Contains(text, "-----BEGIN "):
		return nil, "this is PEM, and no PKCS#12 file: certificate and key can be read from it as they are, with file(…)"
	case err != nil && !strings.Contains(strings.TrimSpace(text), "\n") && strings.ContainsAny(text, `./\`):
		return nil, "this looks like the path of a file, and the content belongs here: " + write
	case err != nil:
		return nil, "this is not base64: " + write
	case qseal.IsPKCS12(compact) && der[1] == 0x80:
		return nil, errIndefiniteLengths.Error() + ": " + reexport
	case qseal.IsPKCS12(compact):
		return der, ""
	case bytes.Contains(der, []byte("-----BEGIN ")):
		return nil, "this is a PEM file in base64, and no PKCS#12 file: certificate and key can be read from it as they are, with file(…)"
	case qseal.IsPKCS12(string(der)):
		return nil, "this has been encoded in base64 twice: filebase64(…) needs no base64encode(…), nor does what is base64 already"
	default:
		if _, err := x509.ParseCertificate(der); err == nil {
			return nil, "this is a certificate (DER), and no PKCS#12 file: convert it with `openssl x509 -inform DER -in FILE`"
		}
		return nil, "this is base64, but not of a PKCS#12 file (.p12, .pfx): " + write
	}
}

// openPKCS12 reads the one key of a file and its certificates. The error wraps one of this file's.
func openPKCS12(der []byte, passphrase string) (*keyStore, error) {
	if strings.ContainsFunc(passphrase, func(r rune) bool { return r > 0xffff }) {
		return nil, errImpossiblePhrase
	}
	if err := checkFile(der, passphrase); err != nil {
		return nil, err
	}

	key, certs, err := decodeChain(der, passphrase, maxWork)
	if err != nil {
		return nil, err
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, errUnusableKey
	}

	// The library takes the first certificate for that of the key, but not every program writes it
	// first.
	store := &keyStore{key: signer}
	for _, cert := range certs {
		switch {
		case store.certificate == nil && belongs(signer, cert):
			store.certificate = cert
		case store.certificate == nil || !cert.Equal(store.certificate):
			store.issuers = append(store.issuers, cert)
		}
	}
	if store.certificate == nil {
		return nil, errForeignKey
	}
	return store, nil
}

func belongs(key crypto.Signer, cert *x509.Certificate) bool {
	public, ok := key.Public().(interface{ Equal(crypto.PublicKey) bool })
	return ok && public.Equal(cert.PublicKey)
}

// storeError classifies the library's errors. Those that say what is missing have no types; a test
// has a file for each text. Others describe decrypted bytes, and are not passed on.
func storeError(err error) error {
	var unsupported pkcs12.NotImplementedError
	switch {
	case errors.Is(err, pkcs12.ErrIncorrectPassword):
		return errWrongPassphrase
	case errors.As(err, &unsupported):
		return fmt.Errorf("%w (%s)", errUnsupported, strings.TrimPrefix(unsupported.Error(), "pkcs12: "))
	}
	switch err.Error() {
	case "pkcs12: expected exactly one key bag":
		return errSeveralKeys
	case "pkcs12: private key missing":
		return errNoKey
	case "pkcs12: certificate missing":
		return errNoCertificate
	}
	return errUnreadable
}

// pfx is the outer form of a PKCS#12 file (RFC 7292, section 4), as far as it is read.
type pfx struct {
	Version  int
	AuthSafe asn1.RawValue
	MAC      struct {
		Digest struct {
			Algorithm pkix.AlgorithmIdentifier
			Digest    []byte
		}
		Salt       []byte
		Iterations int `asn1:"optional,default:1"`
	} `asn1:"optional"`
}

// checkFile checks what the library does not report or limit: that there is a MAC if there is a
// passphrase, and how much work the file asks for.
func checkFile(der []byte, passphrase string) error {
	var file pfx
	if rest, err := asn1.Unmarshal(der, &file); err != nil || len(rest) > 0 {
		return errUnreadable
	}
	hasMAC := len(file.MAC.Digest.Algorithm.Algorithm) > 0
	switch {
	case !hasMAC && passphrase != "":
		return errNoIntegrity
	case hasMAC && file.MAC.Iterations < 1, qseal.Rounds(der) > qseal.MaxRounds:
		return errUnreasonableWork
	}
	return nil
}

// maxWork is about twice as long as qseal.MaxRounds take.
const maxWork = 10 * time.Second

// decodeChain is the library's, within a time: what is inside of the encryption can ask for more
// work, and nobody sees it before. A derivation cannot be stopped, so one that takes too long goes on
// until the process ends.
func decodeChain(der []byte, passphrase string, within time.Duration) (key any, certs []*x509.Certificate, err error) {
	type result struct {
		key   any
		certs []*x509.Certificate
		err   error
	}
	done := make(chan result, 1)
	go func() {
		key, first, others, err := pkcs12.DecodeChain(der, passphrase)
		done <- result{key, append([]*x509.Certificate{first}, others...), err}
	}()

	limit := time.NewTimer(within)
	defer limit.Stop()
	select {
	case r := <-done:
		if r.err != nil {
			r.err = storeError(r.err)
		}
		return r.key, r.certs, r.err
	case <-limit.C:
		return nil, nil, errUnreasonableWork
	}
}

// object is what the function returns of the store.
func (s *keyStore) object() (pkcs12Object, error) {
	key, err := x509.MarshalPKCS8PrivateKey(s.key)
	if err != nil {
		return pkcs12Object{}, errUnusableKey
	}
	object := pkcs12Object{
		CertificatePEM: certificatePEM(s.certificate),
		PrivateKeyPEM:  string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})),
	}
	if len(s.issuers) > 0 {
		var chain strings.Builder
		for _, cert := range s.issuers {
			chain.WriteString(certificatePEM(cert))
		}
		text := chain.String()
		object.CertificateChainPEM = &text
	}
	return object, nil
}

func certificatePEM(cert *x509.Certificate) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw}))
}

// pkcs12Error returns an error about the passphrase if that is the cause, else about the file.
func pkcs12Error(err error, empty bool) *function.FuncError {
	const base64Argument, passphraseArgument = 0, 1
	switch {
	case errors.Is(err, errWrongPassphrase) && empty:
		return function.NewArgumentFuncError(passphraseArgument, "the passphrase is empty, and the file has one: pass it as a sensitive value")
	case errors.Is(err, errWrongPassphrase):
		return function.NewArgumentFuncError(passphraseArgument, "wrong passphrase, or the file is damaged. A passphrase from a file often has a line end "+
			"too many: trimspace(…) removes it")
	case errors.Is(err, errImpossiblePhrase):
		return function.NewArgumentFuncError(passphraseArgument, "the passphrase has a character that a PKCS#12 file cannot have (beyond U+FFFF, such as an emoji)")
	case errors.Is(err, errSeveralKeys):
		return function.NewArgumentFuncError(base64Argument, err.Error()+". Have the certificate exported alone, with its key")
	case errors.Is(err, errNoKey), errors.Is(err, errNoCertificate):
		return function.NewArgumentFuncError(base64Argument, err.Error())
	case errors.Is(err, errForeignKey):
		return function.NewArgumentFuncError(base64Argument, err.Error()+": have both exported again")
	default:
		return function.NewArgumentFuncError(base64Argument, err.Error()+": "+reexport)
	}
}
