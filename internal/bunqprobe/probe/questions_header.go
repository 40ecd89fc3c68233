package probe

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"github.com/openpsd2/terraform-provider-bunq/internal/signing"
)

// headerQuestions come last: the first looks at all answers of the run.
func headerQuestions() []question {
	return []question{
		{setting: "warning_header", answers: []any{"", "This endpoint will be removed."}, open: true,
			leaves: "nothing", ask: askWarning},
	}
}

func askWarning(ctx context.Context, r *run) (*finding, error) {
	p, err := r.base(ctx)
	if err != nil {
		return nil, err
	}
	x, err := r.get(ctx, p, "/user")
	if err != nil {
		return nil, err
	}
	if !x.ok() {
		return nil, other(x)
	}
	if r.warnings.odd != nil {
		return nil, unforeseen(r.warnings.odd, "some answers have "+headerWarning+", and others have none or another")
	}
	return settled(r.warnings.text, x)
}

// warnings is what was seen in X-Bunq-Warning; the simulator has one text on all answers, or none.
type warnings struct {
	seen bool
	text string
	odd  *exchange // the first whose text is not that of the first answer
}

func (w *warnings) note(x *exchange) {
	text := x.header.Get(headerWarning)
	switch {
	case !w.seen:
		w.seen, w.text = true, text
	case text != w.text && w.odd == nil:
		w.odd = x
	}
}

// askECCertificate registers a certificate with an EC key.
func askECCertificate(ctx context.Context, r *run) (*finding, error) {
	i, err := r.installation(ctx, 1)
	if err != nil {
		return nil, err
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	cert, err := pseudoCertificate(key, commonName(), r.clock.Now().AddDate(0, 1, 0))
	if err != nil {
		return nil, err
	}
	public, err := signing.MarshalPublicKey(&i.key.PublicKey)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256([]byte(public + i.token))
	signature, err := ecdsa.SignASN1(rand.Reader, key, sum[:])
	if err != nil {
		return nil, err
	}
	x, err := r.postCredential(ctx, i, cert, base64.StdEncoding.EncodeToString(signature))
	if err != nil {
		return nil, err
	}
	return certificateTaken(x)
}

// tokenURL is where authorisation codes are exchanged: a host of its own at bunq, a path of its own
// in the simulator.
func tokenURL(base string) string {
	u, err := url.Parse(base)
	if err != nil {
		return ""
	}
	if strings.EqualFold(u.Hostname(), sandboxHost) {
		return "https://api-oauth.sandbox.bunq.com/v1/token"
	}
	u.Path = "/token"
	return u.String()
}

// askTokenErrors asks the token endpoint for what it must refuse, without any secret.
func askTokenErrors(ctx context.Context, r *run) (*finding, error) {
	var shown []*exchange
	byRFC := 0
	for _, try := range []struct {
		query  url.Values
		status int
		code   string
	}{
		{url.Values{}, http.StatusBadRequest, "invalid_request"},
		{tokenQuery("password"), http.StatusBadRequest, "unsupported_grant_type"},
		{tokenQuery("authorization_code"), http.StatusUnauthorized, "invalid_client"},
	} {
		x, err := r.client.send(ctx, call{method: http.MethodPost, path: "/token", url: tokenURL(r.BaseURL) + "?" + try.query.Encode()})
		if err != nil {
			return nil, err
		}
		shown = append(shown, x)
		var e struct {
			Code string  `json:"error"`
			Text *string `json:"error_description"`
		}
		_ = json.Unmarshal(x.body, &e) // it is JSON; another type has no code
		switch {
		case e.Text != nil && x.status == try.status && e.Code == try.code:
			byRFC++
		case e.Text != nil && x.status == http.StatusUnauthorized && e.Code == "invalid_grant":
		default:
			return nil, unforeseen(x, "it is neither RFC 6749's error nor the one that is documented")
		}
		if byRFC != 0 && byRFC != len(shown) {
			return nil, unforeseen(x, "some errors are RFC 6749's and others the one that is documented")
		}
	}
	if byRFC == 0 {
		return settled("invalid-grant", shown...)
	}
	return settled("rfc6749", shown...)
}

func tokenQuery(grant string) url.Values {
	return url.Values{"grant_type": {grant}, "code": {drawHex(32)}, "redirect_uri": {"https://example.com/callback"},
		"client_id": {drawHex(32)}, "client_secret": {drawHex(32)}}
}
