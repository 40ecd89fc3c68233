package acctest

import (
	"context"
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"

	"github.com/openpsd2/terraform-provider-bunq/internal/provider"
)

// attach serves a new provider in this process, for one command with the environment env. It returns
// the variable that leads the command there, and what ends the provider.
func (c *CLI) attach(t *testing.T, env []string) (setting string, stop func()) {
	t.Helper()
	getenv := func(name string) string {
		for _, e := range slices.Backward(env) {
			if value, ok := strings.CutPrefix(e, name+"="); ok {
				return value
			}
		}
		return ""
	}
	watch, err := c.ledger.watch()
	if err != nil {
		t.Fatal(err)
	}
	cache := filepath.Join(getenv("XDG_CACHE_HOME"), "terraform-provider-bunq")
	server, err := watch.serve(c.change, append(optionsOf(getenv), provider.WithCacheDir(cache))...)
	if err != nil {
		t.Fatal(err)
	}

	ctx, cancel := context.WithCancel(context.Background())
	served, started, ended := make(chan error, 1), make(chan *plugin.ReattachConfig), make(chan struct{})
	go func() {
		served <- tf6server.Serve(provider.Address, func() tfprotov6.ProviderServer { return server },
			tf6server.WithDebug(ctx, started, ended), tf6server.WithGoPluginLogger(hclog.NewNullLogger()),
			tf6server.WithLoggingSink(t), tf6server.WithoutLogStderrOverride())
	}()
	stop = func() {
		cancel()
		<-ended
	}

	select {
	case err := <-served:
		cancel()
		t.Fatalf("the provider could not be served: %v", err)
		return "", nil
	case at := <-started:
		text, err := json.Marshal(map[string]any{c.address: map[string]any{
			"Protocol": at.Protocol, "ProtocolVersion": at.ProtocolVersion, "Pid": at.Pid, "Test": at.Test,
			"Addr": map[string]string{"Network": at.Addr.Network(), "String": at.Addr.String()},
		}})
		if err != nil {
			t.Fatal(err)
		}
		return "TF_REATTACH_PROVIDERS=" + string(text), stop
	}
}
