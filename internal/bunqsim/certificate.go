package bunqsim

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// maxCommonName is X.520's upper bound, which bunq's documentation repeats.
const maxCommonName = 64

var (
	oidCommonName    = asn1.ObjectIdentifier{2, 5, 4, 3}
	oidOrganisation  = asn1.ObjectIdentifier{2, 5, 4, 10}
	oidOrgIdentifier = asn1.ObjectIdentifier{2, 5, 4, 97}

	oidQCStatements = asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 3}
	oidPSD2         = asn1.ObjectIdentifier{0, 4, 0, 19495, 2}
	oidPSD2Roles    = asn1.ObjectIdentifier{0, 4, 0, 19495, 1} // its children 1 to 4 are the roles
	oidQCType       = asn1.ObjectIdentifier{0, 4, 0, 1862, 1, 6}
	oidQCTypeSeal   = asn1.ObjectIdentifier{0, 4, 0, 1862, 1, 6, 2}
)

// shortNames are OpenSSL's names of the attributes of a subject; others are printed as dotted OIDs,
// 2.5.4.97 (organizationIdentifier) among them, as a recording of production shows.
var shortNames = map[string]string{
	"2.5.4.3": "CN", "2.5.4.4": "SN", "2.5.4.5": "serialNumber", "2.5.4.6": "C", "2.5.4.7": "L", "2.5.4.8": "ST",
	"2.5.4.9": "street", "2.5.4.10": "O", "2.5.4.11": "OU", "2.5.4.12": "title", "2.5.4.15": "businessCategory",
	"2.5.4.17": "postalCode", "2.5.4.42": "GN",
	"1.2.840.113549.1.9.1": "emailAddress", "0.9.2342.19200300.100.1.25": "DC", "0.9.2342.19200300.100.1.1": "UID",
}

// seal is a certificate that has been accepted for registration.
type seal struct {
	key        *rsa.PublicKey
	identity   string
	dn         string
	commonName string
	roles      []string
}

// The roles of PSD2, by the names that sandbox certificates and schemes call them.
const (
	roleASPSP = "ASPSP"
	rolePISP  = "PISP"
	roleAISP  = "AISP"
	roleCBPII = "CBPII"
)

// roleNames are in the order of their OIDs, the first being 0.4.0.19495.1.1.
var roleNames = []string{roleASPSP, rolePISP, roleAISP, roleCBPII}

// parseCertificates reads one or more CERTIFICATE blocks.
func parseCertificates(text string) ([]*x509.Certificate, error) {
	blocks, err := pemBlocks(text)
	if err != nil {
		return nil, err
	}
	var out []*x509.Certificate
	for _, b := range blocks {
		if b.kind != "CERTIFICATE" {
			return nil, fmt.Errorf("PEM block is %q", b.kind)
		}
		cert, err := x509.ParseCertificate(b.der)
		if err != nil {
			return nil, err
		}
		out = append(out, cert)
	}
	if len(out) == 0 {
		return nil, errPEM
	}
	return out, nil
}

// checkCertificate decides whether leaf and chain, as sent, may register a PSD2 party.
func checkCertificate(env Environment, now time.Time, leafPEM, chainPEM string) (*seal, *apiError) {
	leaves, err := parseCertificates(leafPEM)
	if err != nil || len(leaves) != 1 {
		return nil, errCertificateInvalid()
	}
	leaf := leaves[0]
	chain, err := parseCertificates(chainPEM)
	if err != nil {
		return nil, errCertificateInvalid()
	}
	key, ok := leaf.PublicKey.(*rsa.PublicKey) // of every source
	if !ok || key.N.BitLen() < keyBits {
		return nil, errCertificateInvalid()
	}
	if !validAt(leaf, now) {
		return nil, errCertificateInvalid()
	}
	names, dn, err := subject(leaf)
	if err != nil {
		return nil, errCertificateInvalid()
	}
	cn := names[oidCommonName.String()]
	var roles []string
	var e *apiError
	if env == Production {
		roles, e = checkProduction(now, leaf, chain)
	} else {
		roles, e = checkPseudo(cn)
	}
	if e != nil {
		return nil, e
	}
	s := &seal{key: key, roles: roles, identity: names[oidOrgIdentifier.String()], dn: dn, commonName: cn}
	if s.identity == "" {
		s.identity = dn
	}
	if s.commonName == "" {
		s.commonName = names[oidOrganisation.String()]
	}
	return s, nil
}

// checkPseudo holds the rules of the sandbox, where neither chain nor issuer are looked at: the
// roles are words of the name.
func checkPseudo(cn string) (roles []string, e *apiError) {
	if cn == "" || utf8.RuneCountInString(cn) > maxCommonName {
		return nil, errCertificateInvalid()
	}
	words := strings.Fields(cn)
	for _, r := range []string{roleAISP, rolePISP} {
		if slices.Contains(words, r) {
			roles = append(roles, r)
		}
	}
	if roles == nil {
		return nil, errCertificateWithoutRole()
	}
	return roles, nil
}

// checkProduction wants a QSEAL certificate of ETSI TS 119 495, issued by someone else, with a
// chain that leads from it, the root last. It knows no list of trusted issuers, so that tests can make their own.
func checkProduction(now time.Time, leaf *x509.Certificate, chain []*x509.Certificate) ([]string, *apiError) {
	roles, seal, err := qualified(leaf)
	if err != nil {
		return nil, errCertificateInvalid()
	}
	if roles == nil {
		return nil, errCertificateWithoutRole()
	}
	if !seal || !leads(leaf, chain, now) {
		return nil, errCertificateInvalid()
	}
	if !selfSigned(chain[len(chain)-1]) {
		return nil, errRootNotTrusted()
	}
	return roles, nil
}

func validAt(c *x509.Certificate, now time.Time) bool {
	return !now.Before(c.NotBefore) && !now.After(c.NotAfter)
}

func selfSigned(c *x509.Certificate) bool {
	return bytes.Equal(c.RawSubject, c.RawIssuer) &&
		c.CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature) == nil
}

// leads reports whether chain, in whatever order, holds the issuer of leaf (a self-signed one has
// none), the issuer's issuer and so on, and nothing else or run out.
func leads(leaf *x509.Certificate, chain []*x509.Certificate, now time.Time) bool {
	for _, c := range chain {
		if !validAt(c, now) || c.Equal(leaf) {
			return false
		}
	}
	left := slices.Clone(chain)
	steps := 0
	for at := leaf; !selfSigned(at); steps++ {
		i := slices.IndexFunc(left, func(c *x509.Certificate) bool {
			return bytes.Equal(at.RawIssuer, c.RawSubject) && at.CheckSignatureFrom(c) == nil
		})
		if i < 0 {
			break
		}
		at = left[i]
		left = slices.Delete(left, i, i+1)
	}
	return steps > 0 && len(left) == 0
}

// subject returns the first value of each attribute by dotted OID, and the name in OpenSSL's
// one-line form, in the certificate's order.
func subject(c *x509.Certificate) (values map[string]string, oneLine string, err error) {
	var dn pkix.RDNSequence
	if rest, err := asn1.Unmarshal(c.RawSubject, &dn); err != nil || len(rest) > 0 {
		return nil, "", fmt.Errorf("subject: %w", err)
	}
	values = map[string]string{}
	var b strings.Builder
	for _, set := range dn {
		for _, a := range set {
			oid, text := a.Type.String(), fmt.Sprint(a.Value)
			if _, ok := values[oid]; !ok {
				values[oid] = text
			}
			name := shortNames[oid]
			if name == "" {
				name = oid
			}
			b.WriteString("/" + name + "=")
			for i := range len(text) {
				if text[i] < ' ' || text[i] > '~' {
					fmt.Fprintf(&b, `\x%02X`, text[i])
				} else {
					b.WriteByte(text[i])
				}
			}
		}
	}
	return values, b.String(), nil
}

type qcStatement struct {
	ID   asn1.ObjectIdentifier
	Info asn1.RawValue `asn1:"optional"`
}

type psd2Info struct {
	Roles []struct {
		ID   asn1.ObjectIdentifier
		Name string `asn1:"utf8"`
	}
	NCAName string `asn1:"utf8"`
	NCAID   string `asn1:"utf8"`
}

// qualified reads the qcStatements: which PSD2 roles there are, and whether the certificate's type
// is seal and nothing else. (A certificate that states no type is let pass as a seal.)
func qualified(c *x509.Certificate) (roles []string, seal bool, err error) {
	i := slices.IndexFunc(c.Extensions, func(e pkix.Extension) bool { return e.Id.Equal(oidQCStatements) })
	if i < 0 {
		return nil, false, nil
	}
	var statements []qcStatement
	if _, err := asn1.Unmarshal(c.Extensions[i].Value, &statements); err != nil {
		return nil, false, err
	}
	seal = true
	for _, s := range statements {
		switch {
		case s.ID.Equal(oidPSD2):
			var info psd2Info
			if _, err := asn1.Unmarshal(s.Info.FullBytes, &info); err != nil {
				return nil, false, err
			}
			for _, r := range info.Roles {
				n := len(oidPSD2Roles)
				if len(r.ID) == n+1 && r.ID[:n].Equal(oidPSD2Roles) && r.ID[n] >= 1 && r.ID[n] <= 4 {
					roles = append(roles, roleNames[r.ID[n]-1])
				}
			}
		case s.ID.Equal(oidQCType):
			var types []asn1.ObjectIdentifier
			if _, err := asn1.Unmarshal(s.Info.FullBytes, &types); err != nil {
				return nil, false, err
			}
			for _, t := range types {
				seal = seal && t.Equal(oidQCTypeSeal)
			}
		}
	}
	return roles, seal, nil
}
