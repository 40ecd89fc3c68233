package qseal

import (
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/signing"
)

// Certificate is the leaf with which a party registers: a QSEAL certificate, or the self-signed
// pseudo certificate of bunq's sandbox. Make one with [Parse]: its key is RSA.
type Certificate struct {
	x509 *x509.Certificate
	key  *rsa.PublicKey // nil after Describe
	qc   qcStatements
	// qcErr is why the qcStatements extension could not be read. Parse does not return it, as the
	// sandbox ignores the extension and accepts such a certificate.
	qcErr error
}

// Parse reads the one certificate of pemText; given twice, it counts once. The error wraps
// signing.ErrNotPEM, signing.ErrDamagedPEM, signing.ErrWrongPEMType, ErrPrivateKeyFound,
// ErrSeveralCertificates, ErrMalformedCertificate, or signing.ErrNotRSA for a certificate with a
// key of another algorithm: every source on bunq's API signs the registration with RSA, and whether
// bunq takes anything else is UNKNOWN.
func Parse(pemText string) (*Certificate, error) {
	certs, err := parseCertificates(pemText)
	if err != nil {
		return nil, err
	}
	if len(certs) > 1 {
		return nil, fmt.Errorf("%w: %d found, although the chain is set separately; keep the one that was issued to you, and move those "+
			"of its issuers to the chain, or omit the chain", ErrSeveralCertificates, len(certs))
	}
	return newCertificate(certs[0])
}

// newCertificate returns cert as a leaf; its key must be RSA.
func newCertificate(cert *x509.Certificate) (*Certificate, error) {
	key, ok := cert.PublicKey.(*rsa.PublicKey)
	if !ok {
		return nil, fmt.Errorf("%w: the certificate has a key of type %s, and bunq registers RSA keys only; ask the issuer for an RSA certificate "+
			"(in the sandbox: make a pseudo certificate with an RSA key)", signing.ErrNotRSA, cert.PublicKeyAlgorithm)
	}
	c := &Certificate{x509: cert, key: key}
	c.qc, c.qcErr = readQCStatements(cert)
	return c, nil
}

// Roles returns the PSD2 roles in the order of the certificate, each once: those of its PSD2
// statement (ETSI TS 119 495), or, for a self-signed pseudo certificate without one, the words PISP
// and AISP of its common name, where bunq's sandbox looks for them (DOCUMENTED,
// https://beta.doc.bunq.com/psd2/connect-as-a-psd2-service-provider). It returns nil if there are
// none.
func (c *Certificate) Roles() []Role {
	if len(c.qc.roles) > 0 || !c.SelfSigned() {
		return slices.Clone(c.qc.roles)
	}
	return rolesNamed(c.CommonName())
}

// rolesNamed returns the roles that are separate words of a common name, in its order.
func rolesNamed(commonName string) []Role {
	var roles []Role
	for word := range strings.FieldsSeq(commonName) {
		if isRoleWord(word) && !slices.Contains(roles, Role(word)) {
			roles = append(roles, Role(word))
		}
	}
	return roles
}

func isRoleWord(word string) bool { return word == string(RolePISP) || word == string(RoleAISP) }

// Subject returns the distinguished name in OpenSSL's one-line form, "/CN=…/C=NL", in the order of
// the certificate. bunq's sandbox distinguishes pseudo certificates by it (OBSERVED in a recorded
// user's alias).
func (c *Certificate) Subject() string { return oneLine(c.x509.RawSubject) }

// CommonName returns the subject's common name, "" if absent.
func (c *Certificate) CommonName() string { return c.x509.Subject.CommonName }

var oidOrganizationIdentifier = asn1.ObjectIdentifier{2, 5, 4, 97}

// OrganizationIdentifier returns the subject's organizationIdentifier, for a PSD2 party "PSD",
// country, "-", authority, "-", authorisation number (ETSI TS 119 495); "" if absent. In production
// bunq identifies a party by it (DOCUMENTED).
func (c *Certificate) OrganizationIdentifier() string {
	for _, n := range c.x509.Subject.Names {
		if n.Type.Equal(oidOrganizationIdentifier) {
			if s, ok := n.Value.(string); ok {
				return s
			}
		}
	}
	return ""
}

// FingerprintSHA256 returns the SHA-256 of the certificate's DER as 64 lower-case hexadecimal
// digits.
func (c *Certificate) FingerprintSHA256() string {
	sum := sha256.Sum256(c.x509.Raw)
	return hex.EncodeToString(sum[:])
}

// NotBefore returns the first moment at which the certificate is valid, in UTC.
func (c *Certificate) NotBefore() time.Time { return c.x509.NotBefore.UTC() }

// NotAfter returns the last moment at which the certificate is valid, in UTC.
func (c *Certificate) NotAfter() time.Time { return c.x509.NotAfter.UTC() }

// SelfSigned reports whether the certificate was signed with its own key.
func (c *Certificate) SelfSigned() bool { return issuedBy(c.x509, c.x509) }

// Kind returns whether the certificate is for seals or for web sites, from the QcType statement
// (ETSI EN 319 412-5). Pseudo certificates have none: "".
func (c *Certificate) Kind() Kind { return c.qc.kind }

// PEM returns the certificate in canonical form: 64 columns, LF, a final LF, and nothing around it.
func (c *Certificate) PEM() string { return encodeCertificate(c.x509) }

func encodeCertificate(cert *x509.Certificate) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: typeCertificate, Bytes: cert.Raw}))
}
