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

func newMachine(t testing.TB, base string, transport http.RoundTripper, cacheDir string, ac bunq.APIContext, maxWait time.Duration, change ...func(*bunq.Config)) *machine {
	t.Helper()
	m, err := machineOf(base, transport, cacheDir, ac, maxWait, change...)
	must(t, err)
	return m
}

func machineOf(base string, transport http.RoundTripper, cacheDir string, ac bunq.APIContext, maxWait time.Duration, change ...func(*bunq.Config)) (*machine, error) {
	u, err := bunq.ParseBaseURL(base)
	if err != nil {
		return nil, err
	}
	c := bunq.Config{BaseURL: u, Environment: bunq.Sandbox, Transport: transport, MaxWait: maxWait}
	for _, f := range change {
		f(&c)
	}
	client, err := bunq.NewClient(c)
	if err != nil {
		return nil, err
	}
	sessions := session.New(client, session.Options{CacheDir: cacheDir, BaseURL: base})
	return &machine{client: client, calls: client.WithSession(ac, sessions.For(ac))}, nil
}
