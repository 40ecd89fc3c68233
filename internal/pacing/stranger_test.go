package pacing_test

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/signing"
)

// stranger is another program of the same party on the same address, which
// knows nothing of this machine's cache and keeps no limits. It sends its
// requests by itself, so that nothing of the client paces them.
type stranger struct {
	b       *bank
	inst    bunq.Installation
	session *bunq.Session
}

// stranger opens a session and must get it.
func (b *bank) stranger(ctx context.Context, p *party) *stranger {
	b.t.Helper()
	base, err := bunq.ParseBaseURL(baseURL)
	must(b.t, err)
	client, err := bunq.NewClient(bunq.Config{BaseURL: base, Transport: b.RoundTripper(), MaxWait: time.Second})
	must(b.t, err)
	ac := p.context(b.t)
	session, err := client.OpenSession(ctx, ac)
	must(b.t, err)
	return &stranger{b: b, inst: ac.Installation, session: session}
}

func (s *stranger) get(ctx context.Context, path string) int { return s.send(ctx, "GET", path, "") }

func (s *stranger) post(ctx context.Context, path, body string) int {
	return s.send(ctx, "POST", path, body)
}

// send gives the status, 0 where ctx was over.
func (s *stranger) send(ctx context.Context, method, path, body string) int {
	s.b.t.Helper()
	r, err := http.NewRequestWithContext(ctx, method, baseURL+"/user/"+number(s.session.User.ID)+path, strings.NewReader(body))
	must(s.b.t, err)
	r.Header.Set("User-Agent", "stranger")
	r.Header.Set("X-Bunq-Client-Authentication", s.session.Token.Reveal())
	if body != "" {
		signature, err := signing.Sign(s.inst.PrivateKey, []byte(body))
		must(s.b.t, err)
		r.Header.Set("X-Bunq-Client-Signature", signature)
	}
	answer, err := s.b.RoundTripper().RoundTrip(r)
	if err != nil {
		if ctx.Err() == nil {
			s.b.t.Error(err)
		}
		return 0
	}
	_, _ = io.Copy(io.Discard, answer.Body)
	_ = answer.Body.Close()
	return answer.StatusCode
}

func number(n int64) string { return strconv.FormatInt(n, 10) }
