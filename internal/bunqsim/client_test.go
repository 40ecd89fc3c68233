package bunqsim_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

// start is the time tests begin at.
var start = time.Date(2026, 3, 4, 5, 6, 7, 123456000, time.UTC)

const home = "203.0.113.7"

// keys makes RSA keys once for all tests: the n-th is always the same.
var keys = struct {
	sync.Mutex
	all []*rsa.PrivateKey
}{}

func testKey(t testing.TB, n int) *rsa.PrivateKey {
	t.Helper()
	keys.Lock()
	defer keys.Unlock()
	for len(keys.all) <= n {
		k, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			t.Fatal(err)
		}
		keys.all = append(keys.all, k)
	}
	return keys.all[n]
}

func pemText(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func publicPEM(t testing.TB, k *rsa.PrivateKey) string {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(&k.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	return pemText("PUBLIC KEY", der)
}

func signed(t testing.TB, k *rsa.PrivateKey, message string) string {
	t.Helper()
	sum := sha256.Sum256([]byte(message))
	sig, err := rsa.SignPKCS1v15(rand.Reader, k, crypto.SHA256, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(sig)
}

// pseudo returns a self-signed certificate over key 1, valid around start, today, and in the year
// 2000 of synctest.
func pseudo(t testing.TB, cn string, change ...func(*x509.Certificate)) string {
	t.Helper()
	tmpl := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{Country: []string{"NL"}, CommonName: cn},
		NotBefore: start.AddDate(-40, 0, 0), NotAfter: start.AddDate(60, 0, 0),
	}
	for _, f := range change {
		f(tmpl)
	}
	k := testKey(t, 1)
	der, err := x509.CreateCertificate(rand.Reader, tmpl, tmpl, &k.PublicKey, k)
	if err != nil {
		t.Fatal(err)
	}
	return pemText("CERTIFICATE", der)
}

// client is a PSD2 party made of net/http and crypto/rsa alone. It checks the signature of every
// 200 that must have one.
type client struct {
	t    testing.TB
	http *http.Client
	base string
	ip   string // for in-process use

	key, seal   *rsa.PrivateKey
	cert, chain string

	installation, credential, device, session, user int64

	installationToken, apiKey, sessionToken string
	serverKey                               *rsa.PublicKey
}

func newClient(t testing.TB, sim *bunqsim.Sim) *client {
	t.Helper()
	c := &client{
		t: t, http: &http.Client{Transport: sim.RoundTripper()}, base: "https://bunq.test/v1", ip: home,
		key: testKey(t, 0), seal: testKey(t, 1),
	}
	c.cert = pseudo(t, "Test "+t.Name()[max(0, len(t.Name())-40):]+" PISP AISP")
	c.chain = c.cert
	return c
}

type result struct {
	status int
	header http.Header
	raw    []byte
}

type request struct {
	method, path, token string
	body                any // marshalled unless it is a string
	header              map[string]string
	sign                bool
	ip                  string
}

// try sends a request, and returns the error of the transport if there is one.
func (c *client) try(ctx context.Context, r request) (*result, error) {
	c.t.Helper()
	var raw []byte
	switch b := r.body.(type) {
	case nil:
	case string:
		raw = []byte(b)
	default:
		var err error
		if raw, err = json.Marshal(b); err != nil {
			c.t.Fatal(err)
		}
	}
	ip := c.ip
	if r.ip != "" {
		ip = r.ip
	}
	if ip != "" {
		ctx = bunqsim.WithClientIP(ctx, ip)
	}
	req, err := http.NewRequestWithContext(ctx, r.method, c.base+r.path, bytes.NewReader(raw))
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("User-Agent", "bunqsim-test")
	if r.token != "" {
		req.Header.Set("X-Bunq-Client-Authentication", r.token)
	}
	if r.sign {
		req.Header.Set("X-Bunq-Client-Signature", signed(c.t, c.key, string(raw)))
	}
	for k, v := range r.header {
		if v == "" {
			req.Header.Del(k)
			req.Header[http.CanonicalHeaderKey(k)] = nil
			continue
		}
		req.Header.Set(k, v)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	return &result{resp.StatusCode, resp.Header, body}, nil
}

func (c *client) send(r request) *result {
	c.t.Helper()
	res, err := c.try(c.t.Context(), r)
	if err != nil {
		c.t.Fatalf("%s %s: %v", r.method, r.path, err)
	}
	return res
}

// ok sends a request that must succeed with a good signature, and returns the Response's elements.
func (c *client) ok(r request) []map[string]json.RawMessage {
	c.t.Helper()
	res := c.send(r)
	if res.status != http.StatusOK {
		c.t.Fatalf("%s %s: status %d: %s", r.method, r.path, res.status, res.raw)
	}
	if (r.path != "/installation" || r.method != http.MethodPost) && !strings.HasPrefix(r.path, "/sandbox-user") {
		c.mustVerify(res)
	}
	var env struct {
		Response []map[string]json.RawMessage
	}
	if err := json.Unmarshal(res.raw, &env); err != nil {
		c.t.Fatalf("%s %s: %v: %s", r.method, r.path, err, res.raw)
	}
	for _, e := range env.Response {
		if len(e) != 1 {
			c.t.Fatalf("%s %s: element with %d keys: %s", r.method, r.path, len(e), res.raw)
		}
	}
	return env.Response
}

// refused sends a request that must fail with status and these descriptions.
func (c *client) refused(r request, status int, texts ...string) *result {
	c.t.Helper()
	res := c.send(r)
	if got := res.descriptions(c.t); res.status != status || strings.Join(got, "|") != strings.Join(texts, "|") {
		c.t.Fatalf("%s %s: got %d %q, want %d %q", r.method, r.path, res.status, got, status, texts)
	}
	for _, text := range texts {
		noteRefusal(c.t, status, text)
	}
	return res
}

func (r *result) descriptions(t testing.TB) []string {
	t.Helper()
	var env struct {
		Error []struct {
			Description string `json:"error_description"`
			Translated  string `json:"error_description_translated"`
		}
	}
	if err := json.Unmarshal(r.raw, &env); err != nil {
		t.Fatalf("status %d is no envelope: %v: %s", r.status, err, r.raw)
	}
	var out []string
	for _, e := range env.Error {
		if e.Translated == "" {
			t.Errorf("error %q has no translation", e.Description)
		}
		out = append(out, e.Description)
	}
	return out
}

func (r *result) verify(key *rsa.PublicKey) error {
	sig, err := base64.StdEncoding.DecodeString(r.header.Get("X-Bunq-Server-Signature"))
	if err != nil {
		return err
	}
	sum := sha256.Sum256(r.raw)
	return rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], sig)
}

func (c *client) mustVerify(r *result) {
	c.t.Helper()
	if err := r.verify(c.serverKey); err != nil {
		c.t.Fatalf("server signature: %v: %s", err, r.raw)
	}
}

// pick decodes the one element of a type.
func pick[T any](t testing.TB, elements []map[string]json.RawMessage, key string) T {
	t.Helper()
	var v T
	for _, e := range elements {
		if raw, ok := e[key]; ok {
			if err := json.Unmarshal(raw, &v); err != nil {
				t.Fatal(err)
			}
			return v
		}
	}
	t.Fatalf("no %s in %v", key, elements)
	return v
}

type idBody struct {
	ID int64 `json:"id"`
}

func (c *client) install() {
	c.t.Helper()
	els := c.ok(request{method: "POST", path: "/installation", body: map[string]string{"client_public_key": publicPEM(c.t, c.key)}})
	c.installation = pick[idBody](c.t, els, "Id").ID
	c.installationToken = pick[struct{ Token string }](c.t, els, "Token").Token
	text := pick[struct {
		PEM string `json:"server_public_key"`
	}](c.t, els, "ServerPublicKey").PEM
	block, _ := pem.Decode([]byte(text))
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		c.t.Fatal(err)
	}
	c.serverKey = key.(*rsa.PublicKey)
}

func (c *client) registration() request {
	c.t.Helper()
	return request{method: "POST", path: "/payment-service-provider-credential", token: c.installationToken, body: map[string]string{
		"client_payment_service_provider_certificate":       c.cert,
		"client_payment_service_provider_certificate_chain": c.chain,
		"client_public_key_signature":                       signed(c.t, c.seal, publicPEM(c.t, c.key)+c.installationToken),
	}}
}

type credentialBody struct {
	ID              int64
	Status          string
	Created         string
	Updated         string
	ExpiryTime      *string                           `json:"expiry_time"`
	TokenValue      *string                           `json:"token_value"`
	PermittedDevice *struct{ Description, IP string } `json:"permitted_device"`
}

func (c *client) register() {
	c.t.Helper()
	cred := pick[credentialBody](c.t, c.ok(c.registration()), "CredentialPasswordIp")
	c.credential, c.apiKey = cred.ID, *cred.TokenValue
}

func (c *client) deviceRequest(ips ...string) request {
	body := map[string]any{"description": "tf-runner", "secret": c.apiKey}
	if ips != nil {
		body["permitted_ips"] = ips
	}
	return request{method: "POST", path: "/device-server", token: c.installationToken, body: body}
}

func (c *client) addDevice(ips ...string) {
	c.t.Helper()
	c.device = pick[idBody](c.t, c.ok(c.deviceRequest(ips...)), "Id").ID
}

func (c *client) sessionRequest() request {
	return request{method: "POST", path: "/session-server", token: c.installationToken, sign: true,
		body: map[string]string{"secret": c.apiKey}}
}

func (c *client) login() {
	c.t.Helper()
	els := c.ok(c.sessionRequest())
	c.session = pick[idBody](c.t, els, "Id").ID
	c.sessionToken = pick[struct{ Token string }](c.t, els, "Token").Token
	c.user = pick[idBody](c.t, els, "UserPaymentServiceProvider").ID
}

// onboard runs all steps up to the session.
func (c *client) onboard() *client {
	c.t.Helper()
	c.install()
	c.register()
	c.addDevice()
	c.login()
	return c
}

// in returns a request under /user/{u} with the session's token.
func (c *client) in(method, path string, body any) request {
	return request{method: method, path: fmt.Sprintf("/user/%d%s", c.user, path), token: c.sessionToken, body: body}
}

func (c *client) get(path string) request {
	return request{method: "GET", path: path, token: c.sessionToken}
}

func (c *client) addOAuthClient() int64 {
	c.t.Helper()
	return pick[idBody](c.t, c.ok(c.in("POST", "/oauth-client", map[string]string{})), "Id").ID
}

func (c *client) addCallback(client int64, url string) int64 {
	c.t.Helper()
	r := c.in("POST", fmt.Sprintf("/oauth-client/%d/callback-url", client), map[string]string{"url": url})
	return pick[idBody](c.t, c.ok(r), "Id").ID
}

// sandbox returns an in-process simulator with a clock at start.
func sandbox(t testing.TB, set bunqsim.Settings) (*bunqsim.Sim, *bunqsim.FakeClock) {
	t.Helper()
	clock := bunqsim.NewFakeClock(start)
	return bunqsim.NewTest(t, bunqsim.Config{Clock: clock, Settings: set}), clock
}
