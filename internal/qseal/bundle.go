package qseal

import (
	"bytes"
	"crypto/x509"
	"slices"
	"strings"
)

// Bundle is what a party registers: its certificate, and the chain as bunq wants it (see [Chain.Without]).
type Bundle struct {
	Certificate *Certificate
	Chain       *Chain
}

// ParseFullchain reads a certificate that its chain may follow, as many issuers hand both out in one file (fullchain.pem). The
// leaf is the certificate that issued no other one; where that does not decide, the first. The errors are those of [Parse].
func ParseFullchain(pemText string) (Bundle, error) {
	certs, err := parseCertificates(pemText)
	if err != nil {
		return Bundle{}, err
	}
	leaf, err := newCertificate(leafOf(certs))
	if err != nil {
		return Bundle{}, err
	}
	return Bundle{leaf, (&Chain{certs: certs}).Without(leaf)}, nil
}

// leafOf returns the one certificate that issued none of the others, else the first.
func leafOf(certs []*x509.Certificate) *x509.Certificate {
	ends := slices.DeleteFunc(slices.Clone(certs), func(c *x509.Certificate) bool {
		return slices.ContainsFunc(certs, func(other *x509.Certificate) bool { return !other.Equal(c) && issuedBy(other, c) })
	})
	if len(ends) == 1 {
		return ends[0]
	}
	return certs[0]
}

// ParseBundle reads certificate and chain as a user gives them; an empty chainPEM is none, and then the chain may follow the
// certificate. The errors are those of [Parse] and [ParseChain].
func ParseBundle(certificatePEM, chainPEM string) (Bundle, error) {
	if chainPEM == "" {
		return ParseFullchain(certificatePEM)
	}
	leaf, err := Parse(certificatePEM)
	if err != nil {
		return Bundle{}, err
	}
	chain, err := ParseChain(chainPEM)
	if err != nil {
		return Bundle{}, err
	}
	return Bundle{leaf, chain.Without(leaf)}, nil
}

// Equal reports whether both register the same: one certificate, and the same certificates of issuers, in whatever order and
// writing they were given. A chain that only repeats the certificate is no chain.
func (b Bundle) Equal(other Bundle) bool {
	return b.Certificate.x509.Equal(other.Certificate.x509) && slices.Equal(b.issuers(), other.issuers())
}

// issuers are the chain's certificates other than the leaf as sorted DER, for comparing.
func (b Bundle) issuers() []string {
	var all []string
	for _, cert := range b.Chain.members() {
		if !bytes.Equal(cert.Raw, b.Certificate.x509.Raw) {
			all = append(all, string(cert.Raw))
		}
	}
	slices.SortFunc(all, strings.Compare)
	return all
}
