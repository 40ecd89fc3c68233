package oauthapp

import (
	"context"
	"errors"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
	"github.com/openpsd2/terraform-provider-bunq/internal/tfdiag"
)

// An operation that waits for others ends with max_wait, too, and not when they do.
func TestOperation_endsTheWaitForATurn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, err := bunq.NewClient(bunq.Config{BaseURL: &url.URL{Scheme: "https", Host: "bunq.test", Path: "/v1"}, MaxWait: time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		b := base{Base: providerdata.Base{Data: &providerdata.Data{Client: client}}, kind: callbackKind, run: NewRun()}

		for name, wait := range map[string]func(ctx context.Context) error{
			"for the URLs of a client": func(ctx context.Context) error {
				urls := newCallbackURLs(1)
				if err := urls.turn.Acquire(t.Context(), 1); err != nil {
					return err
				}
				_, err := urls.place(ctx, nil, 0, "https://a.test")
				return err
			},
			"for what exists once": func(ctx context.Context) error {
				var diags diag.Diagnostics
				if _, ok := b.run.clients.wait(t.Context(), tfdiag.Failure{}, &diags); !ok {
					t.Error(diags)
				}
				if _, ok := b.run.clients.wait(ctx, tfdiag.Failure{Summary: "not done"}, &diags); ok || len(diags) != 1 {
					t.Errorf("took the turn of another: %v", diags)
				}
				return ctx.Err()
			},
		} {
			var diags diag.Diagnostics
			begun := time.Now()
			ctx, done := b.operation(t.Context(), "create", &diags)
			err := wait(ctx)
			done()
			if took := time.Since(begun); !errors.Is(err, context.DeadlineExceeded) || took > time.Minute+time.Second {
				t.Errorf("%s: %v after %s", name, err, took)
			}
		}
	})
}
