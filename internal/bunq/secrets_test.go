package bunq_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/signing"
)

func TestSecret_isHiddenWhateverIsDoneToIt(t *testing.T) {
	const value = "hunter2hunter2"
	holder := struct {
		Name  string
		Token bunq.Secret
		Inner *bunq.Secret
		List  []bunq.Secret
		Map   map[string]bunq.Secret
	}{Name: "n", Token: value, List: []bunq.Secret{value}, Map: map[string]bunq.Secret{"k": value}}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%T %[1]v", "%10s", "%.3s"} {
		for _, thing := range []any{bunq.Secret(value), holder, &holder, []bunq.Secret{value}, error(wrapped{bunq.Secret(value)})} {
			text := fmt.Sprintf(verb, thing)
			if strings.Contains(text, "hunter") || strings.Contains(text, "hun") || strings.Contains(strings.ToLower(text), fmt.Sprintf("%x", "hunter")) {
				t.Errorf("%s shows it: %s", verb, text)
			}
		}
	}
	var log bytes.Buffer
	for _, h := range []slog.Handler{slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil)} {
		slog.New(h).Info("x", "token", bunq.Secret(value), "holder", holder)
	}
	if strings.Contains(log.String(), "hunter") {
		t.Errorf("slog shows it: %s", log.String())
	}
	if out, err := json.Marshal(holder); err == nil {
		t.Errorf("JSON took it: %s", out)
	}
	if bunq.Secret(value).Reveal() != value {
		t.Error("Reveal hides it, too")
	}
	for format, want := range map[string]string{"%v": "(sensitive)", "%#v": "bunq.Secret((sensitive))", "%#x": "(sensitive)"} {
		if got := fmt.Sprintf(format, bunq.Secret(value)); got != want {
			t.Errorf("%s: %s, want %s", format, got, want)
		}
	}
	if got := bunq.Secret("").String(); got != "(empty)" {
		t.Errorf("no secret: %s", got)
	}
}

type wrapped struct{ S bunq.Secret }

func (w wrapped) Error() string { return fmt.Sprint("refused: ", w.S) }

// A server (or who stands in between) that repeats what it was sent must not bring
// it into errors and logs.
func TestErrorsAndLogs_showNoSecret(t *testing.T) {
	private, err := signing.MarshalPrivateKey(clientKey())
	if err != nil {
		t.Fatal(err)
	}
	oddKey := bunq.Secret("not-hex: my own key")
	everything := strings.Join([]string{installationToken, apiKey, sessionToken, oddKey.Reveal(), strings.Repeat("9f", 32), "sandbox_" + strings.Repeat("8e", 28), private}, " | ")
	inJSON, err := json.Marshal(everything)
	if err != nil {
		t.Fatal(err)
	}
	leaky := http.Header{"X-Bunq-Client-Response-Id": {sessionToken}, "Content-Type": {"x/" + sessionToken}}
	noType := http.Header{"X-Bunq-Client-Response-Id": {apiKey}, "Content-Type": {"; " + apiKey}}
	for name, answer := range map[string]reply{
		"in an error's description":        {status: 400, unsigned: true, header: leaky, body: `{"Error":[{"error_description":` + string(inJSON) + `}]}`},
		"in a page":                        {status: 404, unsigned: true, header: noType, body: everything},
		"in a body that is not believed":   {status: 200, unsigned: true, header: leaky, body: everything},
		"in a body that is not understood": {status: 200, header: leaky, body: `{"Response":[{"Id":` + string(inJSON) + `,"DeviceServer":{"created":` + string(inJSON) + `}}]}`},
		"in a transport's error":           {err: errors.New(everything)},
	} {
		t.Run(name, func(t *testing.T) {
			log := &notebook{}
			c, _ := open(t, always(answer), func(c *bunq.Config) { c.Logger, c.MaxWait = log, oneAttempt })
			ac := apiContext()
			u := c.WithSession(ac, newDesk())
			var faults []error
			add := func(err error) {
				t.Helper()
				if err == nil {
					t.Error("no error")
				}
				faults = append(faults, err)
			}
			_, err := c.CreateDeviceServer(t.Context(), ac.Installation, bunq.DeviceServerRequest{Secret: oddKey})
			add(err)
			ac.APIKey = oddKey
			_, err = c.OpenSession(t.Context(), ac)
			add(err)
			_, err = c.WithSession(ac, newDesk()).CreateOAuthClient(t.Context())
			add(err)
			_, err = u.DeviceServers(t.Context())
			if name == "in a body that is not understood" || err != nil {
				add(err)
			}
			text := fmt.Sprintf("%v %+v", log.lines, log.lines)
			for _, err := range faults {
				text += fmt.Sprintf("\n%v\n%+v\n%#v\n%q", err, err, err, err)
				var api *bunq.APIError
				if errorsAs(err, &api) {
					text += fmt.Sprintf("%+v %#v", *api, *api)
				}
			}
			for _, secret := range []string{installationToken, apiKey, sessionToken, secondToken, strings.Repeat("9f", 20), strings.Repeat("8e", 20), private[28:80]} {
				if strings.Contains(text, secret) || strings.Contains(text, secret[:30]) {
					t.Errorf("%s… is shown in\n%s", secret[:8], text)
				}
			}
			// A key that has no secret's shape is known to the calls that carry it.
			for _, f := range faults[:3] {
				if strings.Contains(fmt.Sprintf("%v %+v %#v", f, f, f), "my own key") {
					t.Errorf("the key is shown in %v", f)
				}
			}
		})
	}
}

func TestValues_showNoSecret(t *testing.T) {
	private, err := signing.MarshalPrivateKey(clientKey())
	if err != nil {
		t.Fatal(err)
	}
	d := clientKey().D.String()
	c, _ := open(t, always(ok(oauthClientBody)))
	u := c.WithSession(apiContext(), newDesk())
	if _, err := u.OAuthClient(t.Context(), 633); err != nil {
		t.Fatal(err)
	}
	for _, v := range []any{
		c, u, *c, *u, apiContext(), installation(), bunq.Session{Token: bunq.Secret(sessionToken)}, &bunq.Credential{TokenValue: bunq.Secret(apiKey)},
		bunq.OAuthClient{Secret: bunq.Secret(apiKey)}, bunq.DeviceServerRequest{Secret: bunq.Secret(apiKey)},
		&bunq.CreatedInstallation{Token: bunq.Secret(installationToken)},
	} {
		for _, verb := range []string{"%v", "%+v", "%#v"} {
			text := fmt.Sprintf(verb, v)
			for _, secret := range []string{installationToken, apiKey, sessionToken, private[28:80], d[:30], strings.Repeat("e", 64)} {
				if strings.Contains(text, secret) {
					t.Errorf("%s of a %T shows a secret: %s", verb, v, text)
				}
			}
		}
	}
}

func TestDescriptions_cannotForgeLinesOrFillScreens(t *testing.T) {
	u, _ := signedIn(t, always(refusal(400, `a\nError: all is well\u001b[31m`, strings.Repeat("ü", 5000))))
	_, err := u.CreateOAuthClient(t.Context())
	if err == nil || strings.ContainsAny(err.Error(), "\n\x1b") || len(err.Error()) > 3000 || !strings.Contains(err.Error(), "a Error: all is well") {
		t.Errorf("got %q", err)
	}
}

func TestTransportErrors_hideTheProxysPassword(t *testing.T) {
	u, _ := signedIn(t, always(reply{err: errors.New(`proxyconnect tcp: invalid proxy address "http://joe:hunter2@proxy:x"`)}))
	_, err := u.CreateOAuthClient(t.Context())
	if err == nil || strings.Contains(err.Error(), "hunter2") || !strings.Contains(err.Error(), "proxy:x") {
		t.Errorf("got %v", err)
	}
}
