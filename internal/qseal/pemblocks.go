package qseal

import (
	"bytes"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/openpsd2/terraform-provider-bunq/internal/signing"
)

const typeCertificate = "CERTIFICATE"

// blocks reads every PEM block of a text. The errors are those of [signing.Blocks].
func blocks(text string) ([]*pem.Block, error) {
	all, err := signing.Blocks(text)
	if errors.Is(err, signing.ErrNotPEM) {
		return nil, fmt.Errorf("%w: %s", err, explainNoPEM(text))
	}
	return all, err
}

// explainNoPEM says what a text without a PEM block most likely is. It does not quote the text.
func explainNoPEM(text string) string {
	t := strings.TrimSpace(text)
	switch {
	case t == "":
		return "the text is empty"
	case IsPKCS12(t):
		return "this is a PKCS#12 file (.p12, .pfx) in base64; take it apart with provider::bunq::pkcs12_decode(…), or extract the certificates " +
			"with `openssl pkcs12 -in FILE -nokeys`, and the private key with `openssl pkcs12 -in FILE -nocerts`"
	case isPEMInBase64(t):
		return "this is a PEM file in base64; decode it with base64decode(…), or read the file with file(…) in place of filebase64(…)"
	case isBase64(t):
		return "this is base64 without BEGIN and END lines, as of a DER file; make PEM of that file with `openssl x509 -inform DER -in FILE`, " +
			"or of a key with `openssl pkey -inform DER -in FILE`. If the file itself is base64, decode it first: `base64 -d`"
	case !strings.Contains(t, "\n") && len(t) < 1024 && strings.ContainsAny(t, "/.\\"):
		return "this looks like the path of a file; pass its content with file(…)"
	default:
		return "there is no -----BEGIN …----- line in it"
	}
}

func isBase64(text string) bool {
	_, err := fromBase64(text)
	return err == nil && len(text) > 64
}

func isPEMInBase64(text string) bool {
	decoded, err := fromBase64(text)
	return err == nil && bytes.Contains(decoded, []byte("-----BEGIN "))
}

// fromBase64 decodes base64 on one line or several.
func fromBase64(text string) ([]byte, error) {
	return base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
}

// IsPKCS12 reports whether a text is the base64 of a PKCS#12 file: a sequence that begins with the
// version, 3, and content that is PKCS#7 data (RFC 7292, section 4). Only its head is looked at,
// since some programs write BER, which encoding/asn1 does not read.
func IsPKCS12(text string) bool {
	der, err := fromBase64(text)
	if err != nil {
		return false
	}

	head := der[:min(len(der), 32)]
	sequence := []byte{0x30}
	version := []byte{0x02, 0x01, 0x03, 0x30}
	data := []byte{0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x01} // 1.2.840.113549.1.7.1
	return bytes.HasPrefix(head, sequence) && bytes.Contains(head, version) && bytes.Contains(head, data)
}

func isPrivateKey(b *pem.Block) bool { return strings.HasSuffix(b.Type, "PRIVATE KEY") }

// certificateBlocks reads the CERTIFICATE blocks of a text that must hold nothing else.
func certificateBlocks(text string) ([]*pem.Block, error) {
	all, err := blocks(text)
	if err != nil {
		return nil, err
	}

	if slices.ContainsFunc(all, isPrivateKey) {
		return nil, fmt.Errorf("%w: only certificates belong here, and they are stored and shown unencrypted; "+
			"remove the private key, and pass it as the private key", ErrPrivateKeyFound)
	}

	for _, b := range all {
		if b.Type != typeCertificate {
			return nil, fmt.Errorf("%w: found %q where %q belongs%s", signing.ErrWrongPEMType, b.Type, typeCertificate, remedy(b.Type))
		}
	}
	return all, nil
}

// remedy says how to get a certificate from a PEM block of another type.
func remedy(blockType string) string {
	switch blockType {
	case "CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST":
		return "; this is the request that was sent to the issuer, use the certificate that came back"
	case "PUBLIC KEY", "RSA PUBLIC KEY":
		return "; a public key alone does not say whose it is, use the certificate"
	case "TRUSTED CERTIFICATE", "X509 CERTIFICATE":
		return "; convert it with `openssl x509 -in FILE`"
	case "PKCS7", "CMS":
		return "; extract the certificates with `openssl pkcs7 -print_certs -in FILE`"
	default:
		return ""
	}
}
