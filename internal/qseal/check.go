package qseal

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// The attributes that a [Problem] can belong to.
const (
	AttributeCertificate = "certificate_pem"
	AttributeChain       = "certificate_chain_pem"
)

// The environments that [Certificate.Check] knows.
const (
	envSandbox    = "sandbox"
	envProduction = "production"
)

// MaxCommonName is the longest common name that bunq's sandbox accepts, in characters (DOCUMENTED
// in bunq's older pages on PSD2; also X.520's own bound).
const MaxCommonName = 64

// Problem is one reason why bunq would not accept a certificate, or, with Warning, why it might
// not.
type Problem struct {
	Attribute string // AttributeCertificate or AttributeChain
	Warning   bool
	Summary   string // a few words, no full stop
	Detail    string // whole sentences: what was found, and what to do
}

// Check applies every rule that can be checked before a call, and returns all problems, not only
// the first. env is "sandbox" or "production"; for any other, only the rules that both share apply.
// chain may be empty. now is the time at which the certificate would be used.
//
// Sources: that bunq accepts QSEAL and no QWAC certificates, that production accepts qualified ones
// only, and the rules on the sandbox's common name are in bunq's docs; whether dates matter in the
// sandbox too is UNKNOWN and assumed.
func (c *Certificate) Check(env string, chain Chain, now time.Time) []Problem {
	problems := c.checkAnywhere(now)
	switch env {
	case envProduction:
		problems = append(problems, c.checkProduction()...)
	case envSandbox:
		problems = append(problems, c.checkSandbox()...)
	}

	// Go counts no signature of a key below this length, so the chain would be wrong, too.
	if c.key.N.BitLen() < 1024 {
		return append(problems, c.chainDates(chain, now)...)
	}
	found := c.checkChain(chain)
	if len(found) == 0 && env == envProduction {
		found = c.checkRoot(chain)
	}
	return slices.Concat(problems, found, c.chainDates(chain, now))
}

// checkRoot warns of a chain that does not end with a root. bunq's production has refused such a
// one: "Make sure that the last certificate in the chain is the root certificate." (OBSERVED)
func (c *Certificate) checkRoot(chain Chain) []Problem {
	path := issuers(c.x509, chain)
	if len(path) == 0 {
		return nil // self-signed: an error of its own
	}
	last := path[len(path)-1]
	if issuedBy(last, last) {
		return nil
	}
	warning := chainProblem("The chain ends before its root",
		"The last certificate of the chain is that of %s, which %s issued. bunq has refused a chain without its root certificate: add it "+
			"at the end. Your issuer publishes it.", oneLine(last.RawSubject), oneLine(last.RawIssuer))
	warning.Warning = true
	return []Problem{warning}
}

func problem(summary, format string, args ...any) Problem {
	return Problem{Attribute: AttributeCertificate, Summary: summary, Detail: fmt.Sprintf(format, args...)}
}

func chainProblem(summary, format string, args ...any) Problem {
	return Problem{Attribute: AttributeChain, Summary: summary, Detail: fmt.Sprintf(format, args...)}
}

// minKeyBits is the length of the shortest RSA key that a QSEAL certificate may have (ETSI TS 119
// 312). What bunq's sandbox does with a shorter one is UNKNOWN; every source has 2048 or 4096 bits.
const minKeyBits = 2048

// checkAnywhere checks what holds in both environments: dates, kind and key.
func (c *Certificate) checkAnywhere(now time.Time) []Problem {
	var problems []Problem
	switch {
	case now.After(c.NotAfter()):
		problems = append(problems, problem("Certificate has expired",
			"The certificate %s expired on %s. %s", c.Subject(), date(c.NotAfter()), c.renewal()))
	case now.Before(c.NotBefore()):
		problems = append(problems, problem("Certificate is not valid yet",
			"The certificate %s becomes valid on %s; it is %s now. Check the clock of this machine, or wait until then.",
			c.Subject(), date(c.NotBefore()), date(now)))
	}

	if c.Kind() == KindWeb {
		problems = append(problems, problem("Certificate is for web sites",
			"The certificate %s is a web site certificate (QWAC). bunq accepts only certificates for electronic seals (QSEAL): "+
				"ask your issuer for a QSEAL certificate for your organisation.", c.Subject()))
	}
	if bits := c.key.N.BitLen(); bits < minKeyBits {
		problems = append(problems, problem("Key of the certificate is too short",
			"The key of the certificate %s has %d bits. QSEAL certificates have RSA keys of at least %d bits: make a new key and request "+
				"a certificate with it.", c.Subject(), bits, minKeyBits))
	}
	return problems
}

func (c *Certificate) renewal() string {
	if c.SelfSigned() {
		return "Make a new pseudo certificate; with the same subject it joins the same bunq user."
	}
	return "Ask the issuer to renew it; a new one for the same organisation joins the same bunq user."
}

func (c *Certificate) checkProduction() []Problem {
	if c.SelfSigned() {
		return []Problem{problem("Pseudo certificate in production",
			"The certificate %s is self-signed. Only bunq's sandbox accepts such pseudo certificates; production needs the QSEAL "+
				"certificate that a qualified trust service provider issued to your organisation. If you meant the sandbox, set the "+
				"provider's environment to \"sandbox\".", c.Subject())}
	}

	var problems []Problem
	switch {
	case c.qcErr != nil:
		problems = append(problems, problem("PSD2 roles cannot be read",
			"The qualified statements of the certificate %s are malformed (%v), so its PSD2 roles cannot be read. Ask your issuer "+
				"for a certificate according to ETSI TS 119 495.", c.Subject(), c.qcErr))
	case !c.qc.psd2:
		problems = append(problems, problem("No PSD2 statement in the certificate",
			"The certificate %s has no PSD2 statement, so bunq cannot see what your organisation is authorised to do. Ask your "+
				"issuer for a PSD2 QSEAL certificate (ETSI TS 119 495).", c.Subject()))
	case len(c.qc.roles) == 0:
		problems = append(problems, problem("No PSD2 role in the certificate",
			"The PSD2 statement of the certificate %s names no known role (PSP_AS, PISP, AISP, CBPII). Ask your issuer for a "+
				"certificate with the roles of your authorisation.", c.Subject()))
	}

	if c.qcErr == nil && (c.Kind() == "" || c.Kind() == KindSignature) {
		p := problem("Certificate does not say that it is for seals",
			"The certificate %s does not state that it is for electronic seals. bunq accepts only QSEAL certificates and may "+
				"refuse it; ask your issuer which kind it is.", c.Subject())
		p.Warning = true
		problems = append(problems, p)
	}
	return problems
}

func (c *Certificate) checkSandbox() []Problem {
	name := c.CommonName()

	var problems []Problem
	if n := utf8.RuneCountInString(name); n > MaxCommonName {
		problems = append(problems, problem("Common name is too long",
			"The common name %q has %d characters; bunq's sandbox accepts at most %d. Make a pseudo certificate with a shorter one.",
			name, n, MaxCommonName))
	}

	if len(rolesNamed(name)) == 0 {
		return append(problems, problem("No PSD2 role in the common name",
			"bunq's sandbox reads the PSD2 roles from the common name, and %q has none. Make a pseudo certificate whose common "+
				"name ends in the words PISP, AISP or both, in capitals and set off by spaces, such as %q. Use a name of your own: in the sandbox "+
				"everyone with the same subject is the same bunq user.", name, strings.TrimSpace(name+" PISP AISP")))
	}

	words := strings.Fields(name)
	first := slices.IndexFunc(words, isRoleWord)
	if slices.ContainsFunc(words[first:], func(w string) bool { return !isRoleWord(w) }) {
		p := problem("PSD2 roles are not at the end of the common name",
			"A page of bunq's documentation requires the words PISP and AISP at the end of the common name, and in %q other words "+
				"follow them. bunq has accepted such names; if it refuses this one, put the words last.", name)
		p.Warning = true
		problems = append(problems, p)
	}
	return problems
}

// date formats a time for people, in UTC.
func date(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }
