package bunqsim_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"fmt"
	"math/big"
	"slices"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

// otherLast goes on with otherEndUser, for answers that nobody has documented and that a client
// could come to rely on.
var otherLast = map[string]func(settingTest){
	"ECCertificate": func(t settingTest) {
		ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		tmpl := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "EC PISP"},
			NotBefore: start, NotAfter: start.AddDate(1, 0, 0)}
		der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &ec.PublicKey, ec)
		if err != nil {
			t.Fatal(err)
		}
		sim, _ := sandbox(t, bunqsim.Settings{ECCertificate: bunqsim.Accepted})
		c := newClient(t, sim)
		c.install()
		c.cert = pemText("CERTIFICATE", der)
		c.refused(c.registration(), 400, "The provided client public key signature is invalid.") // RSA's
		sum := sha256.Sum256([]byte(publicPEM(t, c.key) + c.installationToken))
		sig, err := ecdsa.SignASN1(rand.Reader, ec, sum[:])
		if err != nil {
			t.Fatal(err)
		}
		r := c.registration()
		r.body.(map[string]string)["client_public_key_signature"] = base64.StdEncoding.EncodeToString(sig)
		c.ok(r)
	},
	"SessionExtension": func(t settingTest) {
		sim, clock := sandbox(t, bunqsim.Settings{SessionExtension: bunqsim.LastMinutes})
		c := newClient(t, sim).onboard()
		expires := func() time.Duration { return sim.Snapshot().Sessions[0].Expires.Sub(clock.Now()) }
		clock.Advance(30*time.Minute - time.Microsecond)
		c.ok(c.get("/user"))
		if got := expires(); got != 30*time.Minute+time.Microsecond {
			t.Errorf("extended too early, to %v", got)
		}
		clock.Advance(time.Microsecond)
		c.refused(c.in("POST", "/oauth-client", `{"status":"CANCELLED"}`), 400, `Invalid value for field "status".`)
		if got := expires(); got != 30*time.Minute {
			t.Errorf("extended by a request that failed, to %v", got)
		}
		c.ok(c.get("/user"))
		if got := expires(); got != 90*time.Hour {
			t.Errorf("extended to %v", got)
		}

		setSettings(t, sim, bunqsim.Settings{SessionExtension: bunqsim.LastSeconds})
		clock.Advance(90*time.Hour - 31*time.Second)
		c.ok(c.get("/user"))
		if got := expires(); got != 31*time.Second {
			t.Errorf("extended too early, to %v", got)
		}
		clock.Advance(time.Second)
		c.ok(c.get("/user"))
		if got := expires(); got != 5*time.Minute {
			t.Errorf("extended to %v", got)
		}
		c.ok(request{method: "DELETE", path: "/session/0", token: c.sessionToken})
		c.refused(c.get("/user"), 401, textAuthorisation)
	},
	"ReactivateOAuthClient": func(t settingTest) {
		sim, _ := sandbox(t, bunqsim.Settings{ReactivateOAuthClient: bunqsim.Ignored})
		c := newClient(t, sim).onboard()
		id := c.addOAuthClient()
		r := c.in("PUT", fmt.Sprintf("/oauth-client/%d", id), `{"status":"ACTIVE"}`)
		c.ok(c.in("PUT", fmt.Sprintf("/oauth-client/%d", id), `{"status":"CANCELLED"}`))
		c.ok(r)
		if st := c.oauthClient(id).Status; st != "CANCELLED" {
			t.Errorf("ignored: %s", st)
		}
		setSettings(t, sim, bunqsim.Settings{ReactivateOAuthClient: bunqsim.Accepted})
		c.ok(r)
		if st := c.oauthClient(id).Status; st != "ACTIVE" {
			t.Errorf("accepted: %s", st)
		}
		c.ok(c.in("PUT", fmt.Sprintf("/oauth-client/%d", id), `{"status":"CANCELLED"}`))
		c.addOAuthClient()
		c.refused(r, 400, "You can only have one active OAuth Client registered.")
	},
	"CancelledOAuthClientURLs": func(t settingTest) {
		sim, _ := sandbox(t, bunqsim.Settings{CancelledOAuthClientURLs: bunqsim.Accepted})
		c := newClient(t, sim).onboard()
		id := c.addOAuthClient()
		cb := fmt.Sprintf("/oauth-client/%d/callback-url/%d", id, c.addCallback(id, "https://example.com/"))
		c.ok(c.in("PUT", fmt.Sprintf("/oauth-client/%d", id), `{"status":"CANCELLED"}`))
		c.addCallback(id, "https://example.com/2")
		c.ok(c.in("PUT", cb, `{"url":"https://example.com/3"}`))
		c.ok(c.in("DELETE", cb, nil))
		if got := sim.Snapshot().CallbackURLsOf(id); !slices.Equal(got, []string{"https://example.com/2"}) {
			t.Errorf("URLs %q", got)
		}
	},
	"WarningHeader": func(t settingTest) {
		const text = "This endpoint will be removed."
		sim, _ := sandbox(t, bunqsim.Settings{WarningHeader: text})
		c := newClient(t, sim).onboard()
		for _, r := range []request{c.get("/user"), c.get("/user/1"), c.get("/nowhere"), {method: "GET", path: "/user"}} {
			if got := c.send(r).header.Get("X-Bunq-Warning"); got != text {
				t.Errorf("%s has %q", r.path, got)
			}
		}
		setSettings(t, sim, bunqsim.Settings{})
		if got := c.send(c.get("/user")).header.Values("X-Bunq-Warning"); got != nil {
			t.Errorf("by default: %q", got)
		}
	},
}
