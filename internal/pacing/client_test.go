package pacing_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/session"
)

// machine is the client and the sessions of one process, connected as in the provider. It is for what a
// test cannot see through the provider.
type machine struct {
	client *bunq.Client
	calls  *bunq.UserClient
}

func newMachine(t testing.TB, base string, transport http.RoundTripper, cacheDir string, ac bunq.APIContext, maxWait time.Duration) *machine {
	t.Helper()
	m, err := machineOf(base, transport, cacheDir, ac, maxWait)
	must(t, err)
	return m
}

func machineOf(base string, transport http.RoundTripper, cacheDir string, ac bunq.APIContext, maxWait time.Duration) (*machine, error) {
	u, err := bunq.ParseBaseURL(base)
	if err != nil {
		return nil, err
	}
	client, err := bunq.NewClient(bunq.Config{BaseURL: u, Environment: bunq.Sandbox, Transport: transport, MaxWait: maxWait})
	if err != nil {
		return nil, err
	}
	sessions := session.New(client, session.Options{CacheDir: cacheDir, BaseURL: base})
	return &machine{client: client, calls: client.WithSession(ac, sessions.For(ac))}, nil
}
