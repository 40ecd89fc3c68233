package bunq

import (
	"encoding/json"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/net/http/httpproxy"
)

// Whatever a body of an error says, what is shown of it is short and printable, and bunq's
// envelope is recognised by one rule.
func FuzzErrorBody(f *testing.F) {
	for _, body := range []string{
		`{"Error":[{"error_description":"Route not found.","error_description_translated":"Route not found."}]}`,
		`{"Error":[{},{"error_description":7},{"error_description_translated":"x"}]}`,
		`{"Error":[]}`, `{"Error":null}`, `{"error":[]}`, `<html>`, ``, `{"Error":[{"error_description":"\u202e\u001b[31m"}],"Error":[]}`,
		`{"Error":[` + strings.Repeat(`{"error_description":"a"},`, 9) + `{}]}`, `{"Error":[[]]}`, `{"Error":["x"]}`,
	} {
		f.Add([]byte(body), 400, "text/html; charset=utf-8")
	}
	f.Fuzz(func(t *testing.T, body []byte, status int, contentType string) {
		if status == 200 {
			return
		}
		x := &exchange{Call: Call{Method: "GET", Endpoint: "/user/{id}", Attempts: 1}, secrets: []Secret{"topsecret"}}
		err := x.judge(&answer{status: status, body: body, contentType: cleanContentType(contentType), call: Call{ResponseID: cleanID(contentType)}})

		text := err.Error()
		if len(text) > 32<<10 || strings.Contains(text, "topsecret") {
			t.Errorf("%d bytes: %.200q", len(text), text)
		}
		if i := strings.IndexFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }); i >= 0 {
			t.Errorf("not printable: %q", text[i:min(i+20, len(text))])
		}
		refused, ok := err.(*APIError) //nolint:errorlint // exactly this
		if !ok {
			t.Fatalf("got %T", err)
		}
		var envelope struct{ Error []map[string]json.RawMessage }
		if refused.Envelope && json.Unmarshal(body, &envelope) != nil {
			t.Errorf("taken for bunq's: %.200q", body)
		}
	})
}

// Whatever a list says, it is decoded into few elements with IDs, or is an error.
func FuzzList(f *testing.F) {
	for _, body := range []string{
		`{"Response":[{"DeviceServer":{"id":35,"created":"2020-05-18 10:00:00.000001","description":"x","ip":"203.0.113.7","status":"ACTIVE"}}],"Pagination":{"older_url":"\/v1\/device-server?older_id=7&count=200"}}`,
		`{"Response":[],"Pagination":{"older_url":"https://evil.example/v1/device-server?older_id=7"}}`,
		`{"Response":[{"Id":{"id":1}}]}`, `{"Response":[{"DeviceServer":null}]}`, `{"Response":{}}`, `{"Response":[null]}`,
		`{"Response":[{"DeviceServer":{"id":1e400}}]}`, `[]`, ``,
	} {
		f.Add([]byte(body))
	}
	base, err := ParseBaseURL("https://bank.test/v1")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		elements, page, err := decodeEnvelope(body)
		if err != nil {
			return
		}
		if len(elements) > maxElements {
			t.Errorf("%d elements", len(elements))
		}
		list, err := convert(elements, typeDeviceServer, wireDeviceServer.device)
		if err == nil && len(list) > len(elements) {
			t.Errorf("%d devices of %d elements", len(list), len(elements))
		}
		for _, d := range list {
			if d.ID <= 0 {
				t.Errorf("a device without an ID: %+v", d)
			}
		}
		_, _ = convert(elements, typeOAuthClient, OAuthClient.checked)
		_, _ = sessionOf(elements)
		_ = namesAnother(body, 7)
		if page == nil || page.OlderURL == nil {
			return
		}
		if id, err := olderID(*page.OlderURL, base, "/device-server"); err == nil {
			u, parseErr := url.Parse(*page.OlderURL)
			if id <= 0 || parseErr != nil || u.Host != "" && u.Host != "bank.test" {
				t.Errorf("%q leads to %d", *page.OlderURL, id)
			}
		}
	})
}

// A setting that is accepted is one that net/http does not ignore, and the proxy is the host
// that stands in it.
func FuzzHTTPSProxy(f *testing.F) {
	for _, value := range []string{
		"http://proxy.example:3128", "proxy.example:3128", "socks5://proxy.example", "http://joe:hunter2@proxy.example:3128\r", "http://", "://", " ", "http://[::1]:1",
		"http:// proxy", "http://proxy\x00", "ftp://proxy", "http:proxy", "//proxy", "proxy:port", "%zz", "http://%zz", "http://prox%79",
	} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		if !usableProxy(value) {
			return
		}
		proxy, err := (&httpproxy.Config{HTTPSProxy: value}).ProxyFunc()(&url.URL{Scheme: "https", Host: "api.bunq.com"})
		if err != nil || proxy == nil || proxy.Hostname() == "" {
			t.Fatalf("%q is accepted, and ignored: %v, %v", value, proxy, err)
		}
		if decoded, err := url.PathUnescape(value); err == nil && !strings.Contains(decoded, proxy.Hostname()) {
			t.Errorf("%q leads to %s", value, proxy.Hostname())
		}
	})
}

// An address that is accepted is what it looks like: ASCII, its host no other one for
// net/http, and never plain http to another machine.
func FuzzParseBaseURL(f *testing.F) {
	for _, s := range []string{
		"https://api.bunq.com/v1", "https://api.bunq。com/v1", "http://localhost/v1", "http://127.1/v1", "https://api.bunq.com:443/v1", "https://[fe80::1%25en0]/v1",
		"https://API.bunq.com./v1", "https://%61pi.bunq.com/v1", "http://0x7f.1/v1", "https://bunq.com\\@evil.example/v1",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		u, err := ParseBaseURL(s)
		if err != nil {
			return
		}
		host := u.Hostname()
		for _, r := range host {
			if r <= ' ' || r > '~' {
				t.Errorf("%q has the host %q", s, host)
			}
		}
		again, err := url.Parse(u.String())
		if err != nil || again.Hostname() != host {
			t.Errorf("%q is written as %q", s, u)
		}
		if _, known := EnvironmentOf(u); !known && strings.HasSuffix(strings.ToLower(strings.TrimRight(host, ".")), "bunq.com") && ofBunq(u) {
			t.Errorf("%q is bunq's and no environment", s)
		}
		if ip, err := netip.ParseAddr(host); u.Scheme == "http" && host != "localhost" && (err != nil || !ip.IsLoopback()) {
			t.Errorf("%q is plain http", s)
		}
	})
}
