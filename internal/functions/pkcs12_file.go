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
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/function"
	"software.sslmate.com/src/go-pkcs12"

	"github.com/openpsd2/terraform-provider-bunq/internal/qseal"
)

// reexport is the next step for a file that cannot be read.
const reexport = "write it again with `openssl pkcs12 -in FILE -noenc | openssl pkcs12 -export -out NEWFILE`"

// The arguments of pkcs12_decode.
const base64Argument, passphraseArgument = 0, 1

// fileError is an error about the file. None has anything of the file or of the passphrase.
func fileError(text string) *function.FuncError {
	return function.NewArgumentFuncError(base64Argument, text)
}

func passphraseError(text string) *function.FuncError {
	return function.NewArgumentFuncError(passphraseArgument, text)
}

// unread is an error about a file that can be read once it was written in another way.
func unread(why string) *function.FuncError { return fileError(why + ": " + reexport) }

const tooMuchWork = "the file asks for so many rounds of key derivation that it must be damaged"

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
		return nil, "the file is written in BER with indefinite lengths, which is not read here: " + reexport
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

// openPKCS12 reads the one key of a file and its certificates.
func openPKCS12(der []byte, passphrase string) (*pkcs12Object, *function.FuncError) {
	if strings.ContainsFunc(passphrase, func(r rune) bool { return r > 0xffff }) {
		return nil, passphraseError("the passphrase has a character that a PKCS#12 file cannot have (beyond U+FFFF, such as an emoji)")
	}
	if err := checkFile(der, passphrase); err != nil {
		return nil, err
	}

	key, certs, failed := decodeChain(der, passphrase, maxWork)
	if failed != nil {
		return nil, failed
	}
	signer, canSign := key.(crypto.Signer)
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil || !canSign {
		return nil, unread("the private key in the file is of an algorithm that cannot sign")
	}
	object := &pkcs12Object{PrivateKeyPEM: encodePEM("PRIVATE KEY", pkcs8)}

	// The library takes the first certificate for that of the key, but not every program writes it
	// first.
	var chain string
	for _, cert := range certs {
		text := encodePEM("CERTIFICATE", cert.Raw)
		switch {
		case object.CertificatePEM == "" && belongs(signer, cert):
			object.CertificatePEM = text
		case text != object.CertificatePEM:
			chain += text
		}
	}
	if object.CertificatePEM == "" {
		return nil, fileError("the private key in the file belongs to none of the certificates in it: have both exported again")
	}
	object.CertificateChainPEM = stringOrNull(chain)
	return object, nil
}

func belongs(key crypto.Signer, cert *x509.Certificate) bool {
	public, ok := key.Public().(interface{ Equal(crypto.PublicKey) bool })
	return ok && public.Equal(cert.PublicKey)
}

func encodePEM(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

// storeError words the library's errors. Those that say what is missing have no types; a test has a
// file for each text. Others describe decrypted bytes, and are not passed on.
func storeError(err error, passphrase string) *function.FuncError {
	var unsupported pkcs12.NotImplementedError
	switch {
	case errors.Is(err, pkcs12.ErrIncorrectPassword) && passphrase == "":
		return passphraseError("the passphrase is empty, and the file has one: pass it as a sensitive value")
	case errors.Is(err, pkcs12.ErrIncorrectPassword):
		return passphraseError("wrong passphrase, or the file is damaged. A passphrase from a file often has a line end too many: trimspace(…) removes it")
	case errors.As(err, &unsupported):
		return unread("the file is encrypted in a way that is not read here (" + strings.TrimPrefix(unsupported.Error(), "pkcs12: ") + ")")
	}
	switch err.Error() {
	case "pkcs12: expected exactly one key bag":
		return fileError("there is more than one private key in the file, and nothing says which one is meant. Have the certificate exported alone, with its key")
	case "pkcs12: private key missing":
		return fileError("there is no private key in the file: have it exported together with its key")
	case "pkcs12: certificate missing":
		return fileError("there is no certificate in the file: have it exported together with its certificate")
	}
	return unread("the file is damaged, or written in a way that is not read here")
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
func checkFile(der []byte, passphrase string) *function.FuncError {
	var file pfx
	if rest, err := asn1.Unmarshal(der, &file); err != nil || len(rest) > 0 {
		return unread("the file is damaged, or written in a way that is not read here")
	}
	hasMAC := len(file.MAC.Digest.Algorithm.Algorithm) > 0
	switch {
	case !hasMAC && passphrase != "":
		return unread("the file has no checksum (MAC), so that a passphrase cannot be checked")
	case hasMAC && file.MAC.Iterations < 1, qseal.Rounds(der) > qseal.MaxRounds:
		return unread(tooMuchWork)
	}
	return nil
}

// maxWork is about twice as long as qseal.MaxRounds take.
const maxWork = 10 * time.Second

// decodeChain is the library's, within a time: what is inside of the encryption can ask for more
// work, and nobody sees it before. A derivation cannot be stopped, so one that takes too long goes on
// until the process ends.
func decodeChain(der []byte, passphrase string, within time.Duration) (any, []*x509.Certificate, *function.FuncError) {
	var key any
	var certs []*x509.Certificate
	var err error
	done := make(chan struct{})
	go func() {
		defer close(done)
		var first *x509.Certificate
		key, first, certs, err = pkcs12.DecodeChain(der, passphrase)
		certs = append([]*x509.Certificate{first}, certs...)
	}()

	select {
	case <-done:
		if err != nil {
			return nil, nil, storeError(err, passphrase)
		}
		return key, certs, nil
	case <-time.After(within):
		return nil, nil, unread(tooMuchWork)
	}
}
