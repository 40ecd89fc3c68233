package bunq_test

import (
	"bytes"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/ratelimit"
	"github.com/openpsd2/terraform-provider-bunq/internal/signing"
)

// BenchmarkCall measures one call in memory, signed, sent and verified, beside the RSA operations
// that it needs: one signature of ours and one verification of bunq's. The two take turns within
// the benchmark, so that what else this machine does weighs on both. The goal: a call takes at most
// 1.1 times as long as its RSA operations, "x-rsa".
func BenchmarkCall(b *testing.B) {
	signature, err := signing.Sign(serverKey(), []byte(madeID))
	if err != nil {
		b.Fatal(err)
	}
	answer := recorded{body: []byte(madeID), signature: signature}
	client, err := bunq.NewClient(bunq.Config{
		BaseURL: mustURL("https://bank.test/v1"), UserAgent: "tests/1", Transport: answer, Limits: ratelimit.New(nil),
	})
	if err != nil {
		b.Fatal(err)
	}
	calls := client.WithSession(apiContext(), newDesk())
	sent := []byte(`{"url":"https://app.example.com/callback"}`)

	var inCalls, inRSA time.Duration
	b.ReportAllocs()
	for b.Loop() {
		began := time.Now()
		if _, err := calls.CreateCallbackURL(b.Context(), 633, "https://app.example.com/callback"); err != nil {
			b.Fatal(err)
		}
		called := time.Now()
		inCalls += called.Sub(began)

		b.StopTimer()
		began = time.Now()
		if _, err := signing.Sign(clientKey(), sent); err != nil {
			b.Fatal(err)
		}
		if err := signing.Verify(&serverKey().PublicKey, answer.body, answer.signature); err != nil {
			b.Fatal(err)
		}
		inRSA += time.Since(began)
		b.StartTimer()
	}
	b.ReportMetric(float64(inCalls)/float64(inRSA), "x-rsa")
}

// recorded is a RoundTripper that gives one answer, which was signed before, to every request.
type recorded struct {
	body      []byte
	signature string
}

func (a recorded) RoundTrip(r *http.Request) (*http.Response, error) {
	if _, err := io.Copy(io.Discard, r.Body); err != nil {
		return nil, err
	}
	return &http.Response{
		StatusCode: http.StatusOK, Request: r, Body: io.NopCloser(bytes.NewReader(a.body)),
		Header: http.Header{"Content-Type": {"application/json"}, "X-Bunq-Server-Signature": {a.signature}},
	}, nil
}
