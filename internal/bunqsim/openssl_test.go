package bunqsim_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

// A party that knows of cryptography only what the openssl command does: keys, certificate (by the
// command of bunq's documentation), all its signatures, and the check of the server's.
func TestOnboardingWithOpenSSL(t *testing.T) {
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("needs the openssl command, for a judgement independent of Go's crypto packages")
	}
	dir := t.TempDir()
	file := func(name string) string { return filepath.Join(dir, name) }
	openssl := func(args ...string) []byte {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "openssl", args...)
		cmd.Dir = dir
		var msg strings.Builder
		cmd.Stderr = &msg
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("openssl %s: %v\n%s", strings.Join(args, " "), err, msg.String())
		}
		return out
	}
	write := func(name string, data []byte) string {
		t.Helper()
		if err := os.WriteFile(file(name), data, 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	read := func(name string) string {
		t.Helper()
		b, err := os.ReadFile(file(name))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	sha256With := func(key, message string) string {
		t.Helper()
		return base64.StdEncoding.EncodeToString(openssl("dgst", "-sha256", "-sign", key, write("message", []byte(message))))
	}

	openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", "client.key")
	openssl("pkey", "-in", "client.key", "-pubout", "-out", "client.pub")
	openssl("req", "-x509", "-newkey", "rsa:2048", "-sha256", "-days", "365", "-nodes", "-keyout", "seal.key", "-out", "seal.pem",
		"-subj", "/CN=My App PISP AISP/C=NL")

	sim, srv := bunqsim.NewServer(t, bunqsim.Config{})
	c := newClient(t, sim)
	c.http, c.base = &http.Client{}, srv.BaseURL()
	verified := func(res *result) {
		t.Helper()
		if res.status != 200 {
			t.Fatalf("status %d: %s", res.status, res.raw)
		}
		sig, err := base64.StdEncoding.DecodeString(res.header.Get("X-Bunq-Server-Signature"))
		if err != nil {
			t.Fatal(err)
		}
		out := openssl("dgst", "-sha256", "-verify", "server.pub", "-signature", write("sig", sig), write("body", res.raw))
		if !strings.Contains(string(out), "Verified OK") {
			t.Errorf("openssl says %s", out)
		}
	}

	pub := read("client.pub")
	c.ok(request{method: "POST", path: "/installation", body: map[string]string{"client_public_key": pub}})
	inst := sim.Snapshot().Installations[0]
	write("server.pub", []byte(inst.ServerPublicKey))
	if message := pub + inst.Token; len(pub) != 451 || len(message) != 515 {
		t.Errorf("payload of %d and %d bytes, want 451 and 515", len(pub), len(message))
	}
	res := c.send(request{method: "POST", path: "/payment-service-provider-credential", token: inst.Token, body: map[string]string{
		"client_payment_service_provider_certificate":       read("seal.pem"),
		"client_payment_service_provider_certificate_chain": read("seal.pem"),
		"client_public_key_signature":                       sha256With("seal.key", pub+inst.Token),
	}})
	verified(res)
	key := sim.Snapshot().Credentials[0].Key
	verified(c.send(request{method: "POST", path: "/device-server", token: inst.Token, body: map[string]string{"description": "x", "secret": key}}))
	body := fmt.Sprintf(`{"secret":%q}`, key)
	verified(c.send(request{method: "POST", path: "/session-server", token: inst.Token, body: body,
		header: map[string]string{"X-Bunq-Client-Signature": sha256With("client.key", body)}}))

	snap := sim.Snapshot()
	want := strings.TrimSpace(strings.TrimPrefix(string(openssl("x509", "-in", "seal.pem", "-noout", "-subject", "-nameopt", "compat")), "subject="))
	if got := snap.Users[0].DistinguishedName; got != want || got != "/CN=My App PISP AISP/C=NL" {
		t.Errorf("name is %q, openssl prints %q", got, want)
	}
	res = c.send(request{method: "GET", path: fmt.Sprintf("/user/%d", snap.Users[0].ID), token: snap.Sessions[0].Token})
	verified(res)
	if !strings.Contains(string(res.raw), `\/CN=My App PISP AISP\/C=NL`) {
		t.Errorf("slashes are not escaped: %s", res.raw)
	}
}
