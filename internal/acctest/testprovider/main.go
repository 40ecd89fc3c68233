// Command testprovider is the provider as a process of its own, for tests that
// drive a CLI. It is the provider of the module's main package; only bunq's
// limits are left out unless they are asked for, because a simulator that sets
// none would let every test wait for nothing.
package main

import (
	"context"
	"log"
	"net"
	"os"
	"path/filepath"
	"strconv"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
	"github.com/openpsd2/terraform-provider-bunq/internal/provider"
)

func main() {
	ctx := context.Background()
	if dir := os.Getenv(acctest.EnvProcesses); dir != "" {
		if err := dieWhenCalled(ctx, dir); err != nil {
			log.Fatal(err)
		}
	}
	var opts []provider.Option
	if os.Getenv(acctest.EnvPaced) == "" {
		opts = append(opts, provider.WithoutPacing())
	}
	if err := providerserver.Serve(ctx, provider.New("test", opts...), providerserver.ServeOpts{Address: provider.Address}); err != nil {
		log.Fatal(err)
	}
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
