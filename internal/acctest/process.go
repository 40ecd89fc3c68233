package acctest

import (
	"context"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strconv"

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

// Change puts something between Terraform and the provider of a process, which
// sends on the process's own way to bunq.
type Change func(s tfprotov6.ProviderServer, bunq http.RoundTripper) (tfprotov6.ProviderServer, error)

// ServeProcess serves the provider as a process of its own until Terraform ends
// it. change may be nil.
func ServeProcess(ctx context.Context, change Change, opts ...provider.Option) error {
	transport := http.RoundTripper(bunq.NewTransport())
	wrap := func(s tfprotov6.ProviderServer) (tfprotov6.ProviderServer, error) { return s, nil }
	if dir := os.Getenv(EnvWatch); dir != "" {
		watch, err := NewWatch(dir)
		if err != nil {
			return err
		}
		transport, wrap = watch.Transport(transport), watch.Server
	}
	// After the notes have begun: who can be killed has some.
	if dir := os.Getenv(EnvProcesses); dir != "" {
		if err := dieWhenCalled(ctx, dir); err != nil {
			return err
		}
	}

	opts = append(opts, provider.WithTransport(transport))
	server := providerserver.NewProtocol6(provider.New("test", opts...)())()
	if change != nil {
		changed, err := change(server, transport)
		if err != nil {
			return err
		}
		server = changed
	}
	server, err := wrap(server)
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
