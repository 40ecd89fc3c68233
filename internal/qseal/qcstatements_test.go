package qseal

import (
	"encoding/hex"
	"slices"
	"strings"
	"testing"
)

// The values are written out as DER by hand: 30 LL is a SEQUENCE, 06 LL an OBJECT IDENTIFIER, 0c LL
// a UTF8String.
const (
	oidHexQCType = "0606" + "04008e460106"                 // 0.4.0.1862.1.6
	oidHexSeal   = "0607" + "04008e46010602"               // …6.2
	oidHexWeb    = "0607" + "04008e46010603"               // …6.3
	oidHexSign   = "0607" + "04008e46010601"               // …6.1
	oidHexPSD2   = "0606" + "0400819827" + "02"            // 0.4.0.19495.2
	rolePISPHex  = "3009" + "0607" + "0400819827" + "0102" // without a name
	roleNewHex   = "3009" + "0607" + "0400819827" + "0109" // not assigned
	nameHex      = "0c01" + "58"                           // "X"
)

// seq wraps hexadecimal parts in a SEQUENCE of less than 128 bytes.
func seq(parts ...string) string {
	body := strings.Join(parts, "")
	return "30" + hex.EncodeToString([]byte{byte(len(body) / 2)}) + body
}

func TestParseQCStatements(t *testing.T) {
	psd2 := func(roles ...string) string { return seq(oidHexPSD2, seq(seq(roles...), nameHex, nameHex)) }
	for _, tt := range []struct {
		name  string
		der   string
		kind  Kind
		psd2  bool
		roles []Role
		fails bool
	}{
		{name: "no statements", der: seq()},
		{name: "unknown statements are passed over, with and without content",
			der: seq(seq("0603550403"), seq("0603550403", "020101"), seq(oidHexQCType, seq(oidHexSeal))), kind: KindSeal},
		{name: "seal", der: seq(seq(oidHexQCType, seq(oidHexSeal))), kind: KindSeal},
		{name: "web", der: seq(seq(oidHexQCType, seq(oidHexWeb))), kind: KindWeb},
		{name: "electronic signatures of persons", der: seq(seq(oidHexQCType, seq(oidHexSign))), kind: KindSignature},
		{name: "web counts beside signatures, first or last", der: seq(seq(oidHexQCType, seq(oidHexWeb, oidHexSign))), kind: KindWeb},
		{name: "signatures then web", der: seq(seq(oidHexQCType, seq(oidHexSign, oidHexWeb))), kind: KindWeb},
		{name: "seal counts beside web, first or last", der: seq(seq(oidHexQCType, seq(oidHexSeal, oidHexWeb))), kind: KindSeal},
		{name: "web then seal", der: seq(seq(oidHexQCType, seq(oidHexWeb, oidHexSeal))), kind: KindSeal},
		{name: "a role without a name", der: seq(psd2(rolePISPHex)), psd2: true, roles: []Role{RolePISP}},
		{name: "a role twice counts once", der: seq(psd2(rolePISPHex, rolePISPHex)), psd2: true, roles: []Role{RolePISP}},
		{name: "an unknown role is passed over", der: seq(psd2(roleNewHex, rolePISPHex)), psd2: true, roles: []Role{RolePISP}},
		{name: "a statement without roles is a statement", der: seq(psd2()), psd2: true},
		{name: "a PSD2 statement without content", der: seq(seq(oidHexPSD2)), fails: true},
		{name: "a QcType without content", der: seq(seq(oidHexQCType)), fails: true},
		{name: "roles that are no sequence", der: seq(seq(oidHexPSD2, seq("020101", nameHex, nameHex))), fails: true},
		{name: "something after the statements", der: seq() + "0500", fails: true},
		{name: "a statement that is no sequence", der: seq("020101"), fails: true},
		{name: "cut off", der: "3010" + oidHexPSD2, fails: true},
		{name: "nothing at all", der: "", fails: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			der, err := hex.DecodeString(tt.der)
			if err != nil {
				t.Fatal(err)
			}
			q, err := parseQCStatements(der)
			if (err != nil) != tt.fails {
				t.Fatalf("error %v, want one: %v", err, tt.fails)
			}
			if q.kind != tt.kind || q.psd2 != tt.psd2 || !slices.Equal(q.roles, tt.roles) {
				t.Errorf("got %+v", q)
			}
		})
	}
}

// An issuer has to be told which statement it is.
func TestParseQCStatements_countsFromOne(t *testing.T) {
	der, err := hex.DecodeString(seq(seq("0603550403"), "020101"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parseQCStatements(der); err == nil || !strings.Contains(err.Error(), "statement 2:") {
		t.Errorf("error %v, want one about statement 2", err)
	}
}

func FuzzParseQCStatements(f *testing.F) {
	for _, s := range []string{seq(seq(oidHexQCType, seq(oidHexSeal))), seq(seq(oidHexPSD2, seq(seq(rolePISPHex), nameHex, nameHex)))} {
		der, err := hex.DecodeString(s)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(der)
	}
	f.Fuzz(func(t *testing.T, der []byte) {
		q, err := parseQCStatements(der)
		if err != nil && (q.psd2 || q.kind != "" || len(q.roles) > 0) {
			t.Errorf("an extension that cannot be read gave %+v", q)
		}
		if len(q.roles) > len(roleOIDs) {
			t.Errorf("roles %v", q.roles)
		}
	})
}
