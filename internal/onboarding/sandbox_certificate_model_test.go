package onboarding

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/qseal"
)

func TestSandboxCertificateModel_commonName(t *testing.T) {
	tests := []struct {
		name  string
		roles types.Set
		want  string
	}{
		{"both roles", setOf("AISP", "PISP"), "Test 0123abcd PISP AISP"},
		{"one role", setOf("AISP"), "Test 0123abcd AISP"},
		{"the other", setOf("PISP"), "Test 0123abcd PISP"},
		{"none said", types.SetNull(types.StringType), "Test 0123abcd PISP AISP"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := sandboxCertificateModel{Name: types.StringValue("Test"), Roles: tt.roles}
			if got := m.commonName("0123abcd"); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
			m.Name = types.StringValue(strings.Repeat("é", longestName))
			if n := utf8.RuneCountInString(m.commonName("0123abcd")); n > qseal.MaxCommonName {
				t.Errorf("the longest name makes a common name of %d characters", n)
			}
		})
	}
}

func TestSandboxCertificateModel_due(t *testing.T) {
	until := time.Date(2026, 3, 31, 12, 0, 0, 0, time.UTC)
	tests := []struct {
		name  string
		early int64
		now   time.Time
		want  bool
	}{
		{"not before its end", 0, until.Add(-time.Second), false},
		{"at its end", 0, until, true},
		{"not before the days of renewal", 10, until.Add(-10*day - time.Second), false},
		{"on the days of renewal", 10, until.Add(-10 * day), true},
	}
	for _, tt := range tests {
		m := sandboxCertificateModel{NotAfter: types.StringValue(until.Format(time.RFC3339)), EarlyRenewalDays: types.Int64Value(tt.early)}
		if got := m.due(tt.now); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
	unreadable := sandboxCertificateModel{NotAfter: types.StringValue("soon")}
	if unreadable.due(until) {
		t.Error("a date that cannot be read renews nothing")
	}
}

func TestSandboxCertificateModel_issueKeepsItsName(t *testing.T) {
	m := sandboxCertificateModel{
		Name: types.StringValue("Test"), Roles: setOf("AISP"), Country: types.StringValue("NL"), ValidityDays: types.Int64Value(1),
	}
	now := time.Now()
	if err := m.issue(now); err != nil {
		t.Fatal(err)
	}
	first := m
	if err := m.issue(now); err != nil {
		t.Fatal(err)
	}
	if !m.ID.Equal(first.ID) || m.PrivateKeyPEM.Equal(first.PrivateKeyPEM) || m.CertificatePEM.Equal(first.CertificatePEM) {
		t.Errorf("issued again: name %v then %v", first.ID, m.ID)
	}
	other := sandboxCertificateModel{Name: m.Name, Roles: m.Roles, Country: m.Country, ValidityDays: m.ValidityDays}
	if err := other.issue(now); err != nil || other.ID.Equal(m.ID) {
		t.Errorf("two certificates of one name have one common name, %v (%v)", other.ID, err)
	}
}
