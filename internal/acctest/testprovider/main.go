// Command testprovider is the provider as a process of its own, for tests that
// drive a CLI. It is the provider of the module's main package, with three
// differences: bunq's limits are left out unless they are asked for, because a
// simulator that sets none would let every test wait for nothing; it watches
// what it sends, so that the test sees a write outside an apply; and a test may set
// its clock.
package main

import (
	"context"
	"log"
	"os"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
	"github.com/openpsd2/terraform-provider-bunq/internal/provider"
)

func main() {
	var opts []provider.Option
	if os.Getenv(acctest.EnvPaced) == "" {
		opts = append(opts, provider.WithoutPacing())
	}
	if ahead := os.Getenv(acctest.EnvAhead); ahead != "" {
		by, err := time.ParseDuration(ahead)
		if err != nil {
			log.Fatal(err)
		}
		opts = append(opts, provider.WithClock(func() time.Time { return time.Now().Add(by) }))
	}
	if err := acctest.ServeProcess(context.Background(), nil, opts...); err != nil {
		log.Fatal(err)
	}
}
