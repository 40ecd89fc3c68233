package qseal

import (
	"crypto/x509"
	"slices"
	"strings"
)

// Bundle is what a party registers: its certificate, and the chain in the form that bunq wants (see
// [Chain.Without]).
type Bundle struct {
	Certificate *Certificate
	Chain       Chain
}

// ParseFullchain reads a certificate that its chain may follow, as many issuers deliver both in one
// file (fullchain.pem). The leaf is the certificate that issued no other one, or the first if
// several did not. The errors are those of [Parse].
func ParseFullchain(pemText string) (Bundle, error) {
	certs, err := parseCertificates(pemText)
	if err != nil {
		return Bundle{}, err
	}
	first := certs[0]
	if ends := endsOf(certs); len(ends) == 1 {
		first = ends[0]
	}
	leaf, err := newCertificate(first)
	if err != nil {
		return Bundle{}, err
	}
	return Bundle{leaf, Chain(certs).Without(leaf)}, nil
}

// endsOf returns the certificates that issued none of the others.
func endsOf(certs []*x509.Certificate) []*x509.Certificate {
	return slices.DeleteFunc(slices.Clone(certs), func(c *x509.Certificate) bool {
		return slices.ContainsFunc(certs, func(other *x509.Certificate) bool { return !other.Equal(c) && issuedBy(other, c) })
	})
}

// ParseBundle reads a certificate and its chain. If chainPEM is empty, the chain may follow the
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

// Equal reports whether both register the same: one certificate, and the same certificates of
// issuers, in whatever order and notation. A chain that only repeats the certificate counts as
// none.
func (b Bundle) Equal(other Bundle) bool {
	return b.Certificate.x509.Equal(other.Certificate.x509) && slices.Equal(b.issuers(), other.issuers())
}

// issuers returns the DER of the chain's certificates other than the leaf, sorted for comparison.
func (b Bundle) issuers() []string {
	var all []string
	for _, cert := range b.Chain {
		if !cert.Equal(b.Certificate.x509) {
			all = append(all, string(cert.Raw))
		}
	}
	slices.SortFunc(all, strings.Compare)
	return all
}
