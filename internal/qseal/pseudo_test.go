package qseal

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func pseudoOptions(t *testing.T) PseudoOptions {
	t.Helper()
	key, err := ParsePrivateKey(vector(t, "qseal.key"), "")
	if err != nil {
		t.Fatal(err)
	}
	return PseudoOptions{CommonName: "App 1f PISP AISP", Country: "NL", NotBefore: today, NotAfter: today.AddDate(1, 0, 0), Key: key}
}

func TestNewPseudoCertificate_isTakenByTheSandboxsRules(t *testing.T) {
	for _, tt := range []struct {
		name       string
		change     func(*PseudoOptions)
		subject    string
		identifier string
	}{
		{"the order of bunq's command", func(*PseudoOptions) {}, "/CN=App 1f PISP AISP/C=NL", ""},
		{"without a country", func(o *PseudoOptions) { o.Country = "" }, "/CN=App 1f PISP AISP", ""},
		{"a common name of 64 characters", func(o *PseudoOptions) { o.CommonName = strings.Repeat("n", 54) + " PISP AISP" },
			"/CN=" + strings.Repeat("n", 54) + " PISP AISP/C=NL", ""},
		{"Azerbaijan, from the first letter to the last", func(o *PseudoOptions) { o.Country = "AZ" }, "/CN=App 1f PISP AISP/C=AZ", ""},
		{"South Africa, from the last letter to the first", func(o *PseudoOptions) { o.Country = "ZA" }, "/CN=App 1f PISP AISP/C=ZA", ""},
		{"a tilde, which is the last printable character", func(o *PseudoOptions) { o.CommonName = "App ~\x7f PISP AISP" },
			`/CN=App ~\x7F PISP AISP/C=NL`, ""},
		{"with everything", func(o *PseudoOptions) { o.Organization, o.OrganizationIdentifier = "Café B.V.", "PSDNL-DNB-1" },
			`/CN=App 1f PISP AISP/O=Caf\xC3\xA9 B.V./organizationIdentifier=PSDNL-DNB-1/C=NL`, "PSDNL-DNB-1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := pseudoOptions(t)
			tt.change(&o)
			text, err := NewPseudoCertificate(o)
			if err != nil {
				t.Fatal(err)
			}
			c, err := Parse(text)
			if err != nil {
				t.Fatal(err)
			}
			if c.Subject() != tt.subject || c.OrganizationIdentifier() != tt.identifier {
				t.Errorf("subject %s, identifier %q", c.Subject(), c.OrganizationIdentifier())
			}
			if !c.SelfSigned() || !slices.Equal(c.Roles(), []Role{RolePISP, RoleAISP}) || !c.HasKey(&o.Key.PublicKey) || c.PEM() != text {
				t.Errorf("self-signed %v, roles %v, key %v", c.SelfSigned(), c.Roles(), c.HasKey(&o.Key.PublicKey))
			}
			if c.NotBefore() != o.NotBefore || c.NotAfter() != o.NotAfter {
				t.Errorf("valid from %v to %v", c.NotBefore(), c.NotAfter())
			}
			if problems := c.Check("sandbox", chainFrom(t, text), today.Add(time.Hour)); len(problems) > 0 {
				t.Errorf("problems %+v", problems)
			}
		})
	}
}

func chainFrom(t *testing.T, text string) Chain {
	t.Helper()
	ch, err := ParseChain(text)
	if err != nil {
		t.Fatal(err)
	}
	return ch
}

func TestNewPseudoCertificate_serialNumbersDiffer(t *testing.T) {
	a, errA := NewPseudoCertificate(pseudoOptions(t))
	b, errB := NewPseudoCertificate(pseudoOptions(t))
	if errA != nil || errB != nil || a == b {
		t.Errorf("two certificates are one: %v, %v", errA, errB)
	}
}
