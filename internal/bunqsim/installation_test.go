package bunqsim_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

const minute = time.Minute

// oneLine takes the line ends out of the base64, as some clients of bunq do, and leaves those
// around the markers.
func oneLine(p string) string {
	lines := strings.Split(strings.TrimSpace(p), "\n")
	return lines[0] + "\n" + strings.Join(lines[1:len(lines)-1], "") + "\n" + lines[len(lines)-1]
}

func TestInstallationKey(t *testing.T) {
	sim, _ := sandbox(t, bunqsim.Settings{})
	c := newClient(t, sim)
	good := publicPEM(t, c.key)
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	big, err := rsa.GenerateKey(rand.Reader, 2056)
	if err != nil {
		t.Fatal(err)
	}
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ecDER, err := x509.MarshalPKIXPublicKey(&ec.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		rule, pem string
		ok        bool
	}{
		{"canonical", good, true},
		{"without the last line feed", strings.TrimSuffix(good, "\n"), true},
		{"base64 on one line", oneLine(good), true},
		{"CRLF", strings.ReplaceAll(good, "\n", "\r\n"), true},
		{"PKCS#1", pemText("RSA PUBLIC KEY", x509.MarshalPKCS1PublicKey(&c.key.PublicKey)), false},
		{"a private key", pemText("PRIVATE KEY", x509.MarshalPKCS1PrivateKey(c.key)), false},
		{"PKCS#1 under the wrong name", pemText("PUBLIC KEY", x509.MarshalPKCS1PublicKey(&c.key.PublicKey)), false},
		{"the right bytes under the wrong name", strings.ReplaceAll(good, "PUBLIC KEY", "RSA PUBLIC KEY"), false},
		{"1024 bits", publicPEM(t, small), false},
		{"2056 bits", publicPEM(t, big), false},
		{"EC", pemText("PUBLIC KEY", ecDER), false},
		{"two keys", good + good, false},
		{"text before", "key:\n" + good, false},
		{"text after", good + "x", false},
		{"no PEM", "x", false},
		{"empty", "", false},
		{"broken base64", strings.Replace(good, "MIIB", "MI*B", 1), false},
	} {
		t.Run(tc.rule, func(t *testing.T) {
			before := len(sim.Snapshot().Installations)
			r := request{method: "POST", path: "/installation", body: map[string]string{"client_public_key": tc.pem}}
			if !tc.ok {
				c.refused(r, 400, "The provided public key is invalid.")
				if len(sim.Snapshot().Installations) != before {
					t.Error("an installation was made")
				}
				return
			}
			c.ok(r)
			all := sim.Snapshot().Installations
			if len(all) != before+1 || all[before].ClientPublicKey != good {
				t.Error("the key is not kept in its canonical form")
			}
		})
	}
}

// The sizes of section 8.1 of the reference: a PEM of 451 bytes, and 515 with the token.
func TestRegistrationPayloadSizes(t *testing.T) {
	sim, _ := sandbox(t, bunqsim.Settings{})
	c := newClient(t, sim)
	c.install()
	in := sim.Snapshot().Installations[0]
	if len(in.ClientPublicKey) != 451 || len(in.ClientPublicKey+in.Token) != 515 {
		t.Errorf("PEM has %d bytes, with the token %d", len(in.ClientPublicKey), len(in.ClientPublicKey+in.Token))
	}
	c.register()
}

func TestInstallationIsReadBySessionAndOwnOnly(t *testing.T) {
	sim, _ := sandbox(t, bunqsim.Settings{})
	other := newClient(t, sim)
	other.install()
	c := newClient(t, sim).onboard()
	for _, path := range []string{"/installation", fmt.Sprintf("/installation/%d", c.installation)} {
		res := c.send(c.get(path))
		if want := fmt.Sprintf(`{"Response":[{"Id":{"id":%d}}]}`, c.installation); string(res.raw) != want {
			t.Errorf("%s: %s, want %s", path, res.raw, want)
		}
	}
	key := pick[struct {
		PEM string `json:"server_public_key"`
	}](t, c.ok(c.get(fmt.Sprintf("/installation/%d/server-public-key", c.installation))), "ServerPublicKey")
	if key.PEM != sim.Snapshot().Installations[1].ServerPublicKey {
		t.Error("server key differs")
	}
	foreign := fmt.Sprintf(`Installation for id "%d" not found.`, other.installation)
	c.refused(c.get(fmt.Sprintf("/installation/%d", other.installation)), 404, foreign)
	c.refused(c.get(fmt.Sprintf("/installation/%d/server-public-key", other.installation)), 404, foreign)
}

func TestTimestampsAreUTCWithMicroseconds(t *testing.T) {
	clock := bunqsim.NewFakeClock(start.In(time.FixedZone("x", 3600)))
	sim := bunqsim.NewTest(t, bunqsim.Config{Clock: clock})
	c := newClient(t, sim)
	els := c.ok(request{method: "POST", path: "/installation", body: map[string]string{"client_public_key": publicPEM(t, c.key)}})
	tok := pick[struct{ Created, Updated string }](t, els, "Token")
	if tok.Created != "2026-03-04 05:06:07.123456" || tok.Updated != tok.Created {
		t.Errorf("created %q, updated %q", tok.Created, tok.Updated)
	}
	if len(els) != 3 {
		t.Errorf("%d elements, want Id, Token and ServerPublicKey apart", len(els))
	}
}
