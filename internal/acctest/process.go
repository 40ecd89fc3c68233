package acctest

import (
	"context"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6/tf6server"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/provider"
)

// Environment variables that a provider process reads.
const (
	// EnvPaced, where it is set, makes it keep bunq's limits.
	EnvPaced = "BUNQ_ACCTEST_PACED"
	// EnvProcesses names the folder in which each process leaves a socket that ends
	// it.
	EnvProcesses = "BUNQ_ACCTEST_PROCESSES"
	// EnvWatch names the folder in which each process notes what it sends, see
	// Watch.
	EnvWatch = "BUNQ_ACCTEST_WATCH"
	// EnvAhead sets its clock for certificates and unused keys forward, by a Go
	// duration.
	EnvAhead = "BUNQ_ACCTEST_AHEAD"
)

// Change puts something between Terraform and the provider, which sends on the provider's own way to
// bunq.
type Change func(s tfprotov6.ProviderServer, bunq http.RoundTripper) (tfprotov6.ProviderServer, error)

// serve returns a provider that the watch sees. change may be nil.
func (w *Watch) serve(change Change, opts ...provider.Option) (tfprotov6.ProviderServer, error) {
	transport := w.Transport(bunq.NewTransport(false, nil))
	server := providerserver.NewProtocol6(provider.New("test", append(opts, provider.WithTransport(transport))...)())()
	if change != nil {
		var err error
		if server, err = change(server, transport); err != nil {
			return nil, err
		}
	}
	return w.Server(server)
}

// optionsOf are the options of a provider that a CLI uses, by the environment of the CLI.
func optionsOf(getenv func(string) string) []provider.Option {
	opts := []provider.Option{provider.WithEnvironment(getenv)}
	if getenv(EnvPaced) == "" {
		opts = append(opts, provider.WithoutPacing())
	}
	if by, err := time.ParseDuration(getenv(EnvAhead)); err == nil {
		opts = append(opts, provider.WithClock(func() time.Time { return time.Now().Add(by) }))
	}
	return opts
}

// ServeProcess serves the provider as a process of its own until Terraform ends it. change may be nil.
func ServeProcess(ctx context.Context, change Change) error {
	watch, err := NewWatch(os.Getenv(EnvWatch), strconv.Itoa(os.Getpid()))
	if err != nil {
		return err
	}
	// After the notes have begun: who can be killed has some.
	if err := dieWhenCalled(ctx, os.Getenv(EnvProcesses)); err != nil {
		return err
	}

	server, err := watch.serve(change, optionsOf(os.Getenv)...)
	if err != nil {
		return err
	}
	return tf6server.Serve(provider.Address, func() tfprotov6.ProviderServer { return server })
}

// dieWhenCalled lets whoever connects to a socket in dir end this process as
// SIGKILL does. A process id in a file could be another process's by the time it
// is used; a socket is this process's or nobody's.
func dieWhenCalled(ctx context.Context, dir string) error {
	l, err := (&net.ListenConfig{}).Listen(ctx, "unix", filepath.Join(dir, strconv.Itoa(os.Getpid())))
	if err != nil {
		return err
	}
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		return err
	}
	go func() {
		if _, err := l.Accept(); err == nil {
			_ = self.Kill() // it does not return
		}
	}()
	return nil
}
