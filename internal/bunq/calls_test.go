package bunq_test

import (
	"context"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/signing"
)

func at(s string) time.Time {
	t, err := time.Parse("2006-01-02 15:04:05.000000", s)
	if err != nil {
		panic(err)
	}
	return t
}

func serverPEM() string {
	text, err := signing.MarshalPublicKey(&serverKey().PublicKey)
	if err != nil {
		panic(err)
	}
	return text
}

const pendingCredential = `{"CredentialPasswordIp":{"id":184760,"created":"2020-05-18 10:00:00.363462",` +
	`"updated":"2020-05-18 10:00:00.363462","status":"PENDING_FIRST_USE","expiry_time":"2020-05-18 11:00:00.363345",` +
	`"token_value":"6fa46fa46fa46fa46fa46fa46fa46fa46fa46fa46fa46fa46fa46fa46fa46fa4","permitted_device":null}}`

const activeCredential = `{"CredentialPasswordIp":{"id":9,"created":"2020-05-18 10:00:00.363462",` +
	`"updated":"2020-05-18 10:01:00.000000","status":"ACTIVE","expiry_time":null,` +
	`"token_value":null,"permitted_device":{"description":"tf-runner","ip":"203.0.113.7"}}}`

const deviceBody = `{"DeviceServer":{"id":35,"created":"2020-05-18 10:00:00.000001","updated":"2020-05-18 10:00:00.000002",` +
	`"description":"tf-runner","ip":"203.0.113.7","status":"ACTIVE"}}`

// pspUser is the object of a recorded session, with its fields that nobody needs.
const pspUser = `{"UserPaymentServiceProvider":{"id":28196,"created":"2020-02-04 09:31:10.150359","updated":"2020-02-04 09:31:10.150359",` +
	`"alias":[{"type":"CERTIFICATE_DISTINGUISHED_NAME","value":"\/CN=My App PISP AISP\/C=NL","name":"My App PISP AISP"}],` +
	`"status":"ACTIVE","sub_status":"NONE","display_name":"My App PISP AISP","session_timeout":324000,` +
	`"daily_limit_without_confirmation_login":{"currency":"EUR","value":"250.00"},"relations":[]}}`

const sessionHead = `{"Id":{"id":6372800}},{"Token":{"id":6372800,"created":"2020-05-18 10:05:14.666005",` +
	`"updated":"2020-05-18 10:05:14.666005","token":"a3cca3cca3cca3cca3cca3cca3cca3cca3cca3cca3cca3cca3cca3cca3cca3cc"}}`

func list(elements ...string) string {
	return `{"Response":[` + strings.Join(elements, ",") + `],"Pagination":{"future_url":"\/v1\/x?newer_id=657","newer_url":null,"older_url":null}}`
}

func pendingWant() bunq.Credential {
	expiry := at("2020-05-18 11:00:00.363345")
	return bunq.Credential{
		ID: 184760, Created: at("2020-05-18 10:00:00.363462"),
		Status: bunq.CredentialPendingFirstUse, ExpiryTime: &expiry, TokenValue: bunq.Secret(strings.Repeat("6fa4", 16)),
	}
}

func activeWant() bunq.Credential {
	return bunq.Credential{
		ID: 9, Created: at("2020-05-18 10:00:00.363462"),
		Status: bunq.StatusActive, PermittedDevice: &bunq.PermittedDevice{Description: "tf-runner", IP: "203.0.113.7"},
	}
}

func clientWant() bunq.OAuthClient {
	return bunq.OAuthClient{
		ID: 633, Status: "ACTIVE", ClientID: strings.Repeat("c", 64), Secret: bunq.Secret(strings.Repeat("e", 64)),
		CallbackURLs: []bunq.CallbackURL{{
			ID: 693, URL: "https://yolt.com/callback",
		}},
	}
}

func deviceWant() bunq.DeviceServer {
	return bunq.DeviceServer{
		ID: 35, Created: at("2020-05-18 10:00:00.000001"),
		Description: "tf-runner", IP: "203.0.113.7", Status: "ACTIVE",
	}
}

func none(err error) (any, error) { return nil, err }

// Which token a call goes with.
const (
	withoutToken = iota
	withInstallation
	withSession
)

type callCase struct {
	name         string
	do           func(ctx context.Context, c *bunq.Client, u *bunq.UserClient) (any, error)
	answer       string
	method, path string
	body         string
	token        int
	want         any
}

func calls() []callCase {
	type cl = *bunq.Client
	type uc = *bunq.UserClient
	ptr := func(c bunq.Credential) *bunq.Credential { return &c }
	oauth, device := clientWant(), deviceWant()
	return []callCase{
		{"POST installation", func(ctx context.Context, c cl, _ uc) (any, error) { return c.CreateInstallation(ctx, "PEM\n") },
			`{"Response":[{"Id":{"id":4916}},{"Token":{"id":16469,"created":"2018-08-29 13:48:17.580620","updated":"2018-08-29 13:48:17.580620","token":"22df"}},` +
				`{"ServerPublicKey":{"server_public_key":"` + strings.ReplaceAll(serverPEM(), "\n", `\n`) + `"}}]}`,
			"POST", "/v1/installation", `{"client_public_key":"PEM\n"}`, withoutToken,
			&bunq.CreatedInstallation{ID: 4916, Token: "22df", ServerPublicKeyPEM: serverPEM()}},
		{"POST payment-service-provider-credential", func(ctx context.Context, c cl, _ uc) (any, error) {
			return c.CreateCredential(ctx, installation(), bunq.CredentialRequest{CertificatePEM: "LEAF\n", ChainPEM: "CHAIN\n", ClientPublicKeySignature: "c2ln+/=="})
		}, `{"Response":[` + pendingCredential + `]}`, "POST", "/v1/payment-service-provider-credential",
			`{"client_payment_service_provider_certificate":"LEAF\n","client_payment_service_provider_certificate_chain":"CHAIN\n","client_public_key_signature":"c2ln+/=="}`,
			withInstallation, ptr(pendingWant())},
		{"POST device-server with addresses", func(ctx context.Context, c cl, _ uc) (any, error) {
			return c.CreateDeviceServer(ctx, installation(), bunq.DeviceServerRequest{Description: "tf-runner", Secret: bunq.Secret(apiKey), PermittedIPs: []string{"203.0.113.7", "*"}})
		}, `{"Response":[{"Id":{"id":2523}}]}`, "POST", "/v1/device-server",
			`{"description":"tf-runner","secret":"` + apiKey + `","permitted_ips":["203.0.113.7","*"]}`, withInstallation, int64(2523)},
		{"POST device-server for the caller's address", func(ctx context.Context, c cl, _ uc) (any, error) {
			return c.CreateDeviceServer(ctx, installation(), bunq.DeviceServerRequest{Description: "a & b <c>", Secret: bunq.Secret(apiKey)})
		}, `{"Response":[{"Id":{"id":2523}}]}`, "POST", "/v1/device-server",
			`{"description":"a & b <c>","secret":"` + apiKey + `"}`, withInstallation, int64(2523)},
		{"POST session-server", func(ctx context.Context, c cl, _ uc) (any, error) { return c.OpenSession(ctx, apiContext()) },
			`{"Response":[` + sessionHead + `,` + pspUser + `]}`, "POST", "/v1/session-server", `{"secret":"` + apiKey + `"}`, withInstallation,
			&bunq.Session{
				ID: 6372800, Token: bunq.Secret(strings.Repeat("a3cc", 16)), Created: at("2020-05-18 10:05:14.666005"), Timeout: 90 * time.Hour,
				User: bunq.User{ID: 28196, Kind: "UserPaymentServiceProvider", DisplayName: "My App PISP AISP", Status: "ACTIVE"},
			}},
		{"POST session-server with an OAuth token", func(ctx context.Context, c cl, _ uc) (any, error) { return c.OpenSession(ctx, apiContext()) },
			`{"Response":[` + sessionHead + `,{"UserApiKey":{"id":5,"requested_by_user":{"UserPaymentServiceProvider":{"id":28196,"session_timeout":60}},"granted_by_user":{"UserPerson":{"id":4}}}}]}`,
			"POST", "/v1/session-server", `{"secret":"` + apiKey + `"}`, withInstallation,
			&bunq.Session{
				ID: 6372800, Token: bunq.Secret(strings.Repeat("a3cc", 16)), Created: at("2020-05-18 10:05:14.666005"), Timeout: time.Minute,
				User: bunq.User{ID: 5, Kind: "UserApiKey"},
			}},
		{"POST session-server, elements in another order and unknown ones among them", func(ctx context.Context, c cl, _ uc) (any, error) { return c.OpenSession(ctx, apiContext()) },
			`{"Response":[{"Weather":{"id":1}},{"UserPerson":{"id":4,"session_timeout":null}},` + sessionHead + `]}`,
			"POST", "/v1/session-server", `{"secret":"` + apiKey + `"}`, withInstallation,
			&bunq.Session{
				ID: 6372800, Token: bunq.Secret(strings.Repeat("a3cc", 16)), Created: at("2020-05-18 10:05:14.666005"),
				User: bunq.User{ID: 4, Kind: "UserPerson"},
			}},
		{"GET installation", func(ctx context.Context, _ cl, u uc) (any, error) { return u.InstallationID(ctx) },
			`{"Response":[{"Id":{"id":28}}]}`, "GET", "/v1/installation", "", withSession, int64(28)},
		{"GET credential, active", func(ctx context.Context, _ cl, u uc) (any, error) { return u.Credential(ctx, 9) },
			`{"Response":[` + activeCredential + `]}`, "GET", "/v1/user/28196/credential-password-ip/9", "", withSession, ptr(activeWant())},
		{"GET credentials", func(ctx context.Context, _ cl, u uc) (any, error) { return u.Credentials(ctx) },
			list(pendingCredential, activeCredential), "GET", "/v1/user/28196/credential-password-ip?count=200", "", withSession,
			[]bunq.Credential{pendingWant(), activeWant()}},
		{"GET device-server", func(ctx context.Context, _ cl, u uc) (any, error) { return u.DeviceServer(ctx, 35) },
			`{"Response":[` + deviceBody + `]}`, "GET", "/v1/device-server/35", "", withSession, &device},
		{"GET device-servers", func(ctx context.Context, _ cl, u uc) (any, error) { return u.DeviceServers(ctx) },
			list(deviceBody), "GET", "/v1/device-server?count=200", "", withSession, []bunq.DeviceServer{device}},
		{"GET permitted addresses", func(ctx context.Context, _ cl, u uc) (any, error) { return u.PermittedIPs(ctx, 9) },
			`{"Response":[{"PermittedIp":{"id":123,"created":"2020-05-18 10:00:00.000000","updated":"2020-05-18 10:00:00.000000","ip":"101.211.110.10","status":"ACTIVE"}}]}`,
			"GET", "/v1/user/28196/credential-password-ip/9/ip?count=200", "", withSession, []bunq.PermittedIP{{ID: 123, IP: "101.211.110.10", Status: "ACTIVE"}}},
		{"POST permitted address", func(ctx context.Context, _ cl, u uc) (any, error) { return u.CreatePermittedIP(ctx, 9, "2001:db8::7") },
			`{"Response":[{"Id":{"id":42}}]}`, "POST", "/v1/user/28196/credential-password-ip/9/ip", `{"ip":"2001:db8::7","status":"ACTIVE"}`, withSession, int64(42)},
		{"PUT permitted address, without the address", func(ctx context.Context, _ cl, u uc) (any, error) {
			return none(u.SetPermittedIPStatus(ctx, 9, bunq.PermittedIP{ID: 42, IP: "203.0.113.7"}, "INACTIVE"))
		}, `{"Response":[{"Id":{"id":42}}]}`, "PUT", "/v1/user/28196/credential-password-ip/9/ip/42", `{"status":"INACTIVE"}`, withSession, nil},
		{"GET oauth-client", func(ctx context.Context, _ cl, u uc) (any, error) { return u.OAuthClient(ctx, 633) },
			oauthClientBody, "GET", "/v1/user/28196/oauth-client/633", "", withSession, &oauth},
		{"GET oauth-clients, one without name and URLs", func(ctx context.Context, _ cl, u uc) (any, error) { return u.OAuthClients(ctx) },
			list(`{"OauthClient":{"id":1,"status":"CANCELLED","client_id":"c","secret":"s","callback_url":[]}}`), "GET", "/v1/user/28196/oauth-client?count=200", "", withSession,
			[]bunq.OAuthClient{{ID: 1, Status: "CANCELLED", ClientID: "c", Secret: "s", CallbackURLs: []bunq.CallbackURL{}}}},
		{"GET oauth-clients of nobody", func(ctx context.Context, _ cl, u uc) (any, error) { return u.OAuthClients(ctx) },
			list(), "GET", "/v1/user/28196/oauth-client?count=200", "", withSession, []bunq.OAuthClient{}},
		{"POST oauth-client", func(ctx context.Context, _ cl, u uc) (any, error) { return u.CreateOAuthClient(ctx) },
			madeID, "POST", "/v1/user/28196/oauth-client", `{}`, withSession, int64(633)},
		{"PUT oauth-client", func(ctx context.Context, _ cl, u uc) (any, error) { return none(u.CancelOAuthClient(ctx, 633)) },
			madeID, "PUT", "/v1/user/28196/oauth-client/633", `{"status":"CANCELLED"}`, withSession, nil},
		{"POST callback-url, byte by byte", func(ctx context.Context, _ cl, u uc) (any, error) {
			return u.CreateCallbackURL(ctx, 633, "https://a.test/cb?x=1&y=<2>")
		}, `{"Response":[{"Id":{"id":693}}]}`, "POST", "/v1/user/28196/oauth-client/633/callback-url", `{"url":"https://a.test/cb?x=1&y=<2>"}`, withSession, int64(693)},
		{"PUT callback-url", func(ctx context.Context, _ cl, u uc) (any, error) {
			return none(u.UpdateCallbackURL(ctx, 633, 693, "https://b.test/"))
		}, `{"Response":[{"Id":{"id":693}}]}`, "PUT", "/v1/user/28196/oauth-client/633/callback-url/693", `{"url":"https://b.test/"}`, withSession, nil},
		{"DELETE callback-url, whatever the body says", func(ctx context.Context, _ cl, u uc) (any, error) {
			return none(u.DeleteCallbackURL(ctx, 633, 693))
		}, `{}`, "DELETE", "/v1/user/28196/oauth-client/633/callback-url/693", "", withSession, nil},
	}
}

func TestCalls(t *testing.T) {
	for _, c := range calls() {
		t.Run(c.name, func(t *testing.T) {
			client, b := open(t, always(ok(c.answer)))
			got, err := c.do(t.Context(), client, client.WithSession(apiContext(), newDesk()))
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("got  %#v\nwant %#v", got, c.want)
			}
			r := b.only()
			if r.method != c.method || r.path != c.path || r.body != c.body {
				t.Errorf("sent %s %s\n%s\nwant %s %s\n%s", r.method, r.path, r.body, c.method, c.path, c.body)
			}
			wantHeaders(t, c, r)
		})
	}
}

func wantHeaders(t *testing.T, c callCase, r request) {
	t.Helper()
	want := map[string]string{
		"User-Agent": "tests/1", "Cache-Control": "no-cache", "X-Bunq-Language": "en_US", "X-Bunq-Region": "en_US",
		"X-Bunq-Geolocation": "0 0 0 0 000", "X-Bunq-Client-Request-Id": r.header.Get("X-Bunq-Client-Request-Id"),
	}
	if _, err := uuid.Parse(want["X-Bunq-Client-Request-Id"]); err != nil {
		t.Errorf("the request id is no UUID: %v", err)
	}
	switch c.token {
	case withInstallation:
		want["X-Bunq-Client-Authentication"] = installationToken
	case withSession:
		want["X-Bunq-Client-Authentication"] = sessionToken
	}
	if c.body != "" {
		want["Content-Type"] = "application/json"
	}
	if c.body != "" && c.token != withoutToken {
		signature := r.header.Get("X-Bunq-Client-Signature")
		if err := signing.Verify(&clientKey().PublicKey, []byte(r.body), signature); err != nil {
			t.Errorf("the signature does not fit the bytes sent: %v", err)
		}
		want["X-Bunq-Client-Signature"] = signature
	}
	got := map[string]string{}
	for name, values := range r.header {
		got[name] = strings.Join(values, " | ")
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("headers\n%v\nwant\n%v", got, want)
	}
}

func TestCalls_everyUnexpectedShapeIsADecodeError(t *testing.T) {
	for _, c := range calls() {
		if c.method == http.MethodPut || c.method == http.MethodDelete {
			continue // their bodies are not read
		}
		bodies := []string{`{}`, `null`, `[]`, ``, `{"Response":null}`, `{"Response":{}}`, `{"Response":[3]}`, `<html>`, `{"response":[{"Id":{"id":1}}]}`}
		if !strings.Contains(c.path, "count=") { // an empty list is a list
			bodies = append(bodies, `{"Response":[]}`, `{"Response":[{"Other":{"id":1}}]}`, `{"Response":[{"Id":{"id":"7"}}]}`, `{"Response":[{"Id":null}]}`)
		}
		for _, body := range bodies {
			t.Run(c.name+" "+body, func(t *testing.T) {
				client, b := open(t, always(ok(body)))
				_, err := c.do(t.Context(), client, client.WithSession(apiContext(), newDesk()))
				var decode *bunq.DecodeError
				if !errorsAs(err, &decode) {
					t.Fatalf("got %v", err)
				}
				if decode.Method != c.method || decode.ResponseID == "" || decode.RequestID == "" || bunq.OutcomeUnknown(err) != (c.method == "POST") {
					t.Errorf("got %#v", decode)
				}
				if b.count() != 1 {
					t.Errorf("%d requests were sent", b.count())
				}
			})
		}
	}
}

func TestReads_refuseDamagedObjects(t *testing.T) {
	for name, c := range map[string]struct {
		body string
		do   func(context.Context, *bunq.UserClient) error
	}{
		"another credential than asked for":     {`{"Response":[` + activeCredential + `]}`, func(ctx context.Context, u *bunq.UserClient) error { _, err := u.Credential(ctx, 8); return err }},
		"another device than asked for":         {`{"Response":[` + deviceBody + `]}`, func(ctx context.Context, u *bunq.UserClient) error { _, err := u.DeviceServer(ctx, 8); return err }},
		"another client than asked for":         {oauthClientBody, func(ctx context.Context, u *bunq.UserClient) error { _, err := u.OAuthClient(ctx, 8); return err }},
		"a credential without a status":         {`{"Response":[{"CredentialPasswordIp":{"id":9}}]}`, func(ctx context.Context, u *bunq.UserClient) error { _, err := u.Credentials(ctx); return err }},
		"a time of another form":                {list(`{"CredentialPasswordIp":{"id":9,"status":"ACTIVE","expiry_time":"2020-05-18T10:00:00"}}`), func(ctx context.Context, u *bunq.UserClient) error { _, err := u.Credential(ctx, 9); return err }},
		"an address entry without address":      {list(`{"PermittedIp":{"id":1}}`), func(ctx context.Context, u *bunq.UserClient) error { _, err := u.PermittedIPs(ctx, 9); return err }},
		"a device without an id":                {list(`{"DeviceServer":{"status":"ACTIVE"}}`), func(ctx context.Context, u *bunq.UserClient) error { _, err := u.DeviceServers(ctx); return err }},
		"a client without a status":             {list(`{"OauthClient":{"id":1}}`), func(ctx context.Context, u *bunq.UserClient) error { _, err := u.OAuthClients(ctx); return err }},
		"a callback URL without an id":          {list(`{"OauthClient":{"id":1,"status":"ACTIVE","callback_url":[{"url":"https://a"}]}}`), func(ctx context.Context, u *bunq.UserClient) error { _, err := u.OAuthClients(ctx); return err }},
		"a page whose link is not a string":     {`{"Response":[],"Pagination":{"older_url":5}}`, func(ctx context.Context, u *bunq.UserClient) error { _, err := u.OAuthClients(ctx); return err }},
		"a client that is no object of its own": {`{"Response":[{"OauthClient":"x"}]}`, func(ctx context.Context, u *bunq.UserClient) error { _, err := u.OAuthClients(ctx); return err }},
	} {
		t.Run(name, func(t *testing.T) {
			u, b := signedIn(t, always(ok(c.body)))
			var decode *bunq.DecodeError
			if err := c.do(t.Context(), u); !errorsAs(err, &decode) {
				t.Fatalf("got %v", err)
			}
			// What is not understood is not kept either.
			_ = c.do(t.Context(), u)
			if b.count() != 2 {
				t.Errorf("%d requests were sent, want 2", b.count())
			}
		})
	}
}

func TestOpenSession_refusesHalfASession(t *testing.T) {
	for name, body := range map[string]string{
		"a user without an id": `{"Response":[` + sessionHead + `,{"UserPerson":{"display_name":"x"}}]}`,
		"an empty token":       `{"Response":[{"Id":{"id":1}},{"Token":{"token":""}},` + pspUser + `]}`,
	} {
		t.Run(name, func(t *testing.T) {
			c, _ := open(t, always(ok(body)))
			session, err := c.OpenSession(t.Context(), apiContext())
			var decode *bunq.DecodeError
			if !errorsAs(err, &decode) {
				t.Errorf("got %+v, %v", session, err)
			}
		})
	}
}

func TestCreateInstallation_refusesAnAnswerWithoutAUsableKey(t *testing.T) {
	c, _ := open(t, always(ok(`{"Response":[{"Id":{"id":1}},{"Token":{"token":"t"}},{"ServerPublicKey":{"server_public_key":"x"}}]}`)))
	_, err := c.CreateInstallation(t.Context(), "PEM")
	var decode *bunq.DecodeError
	if !errorsAs(err, &decode) || !bunq.OutcomeUnknown(err) {
		t.Fatalf("got %v", err)
	}
}
