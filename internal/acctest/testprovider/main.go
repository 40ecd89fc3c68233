// Command testprovider is the provider as a process of its own, for tests that
// drive a CLI. It is the provider of the module's main package, with two
// differences: bunq's limits are left out unless they are asked for, because a
// simulator that sets none would let every test wait for nothing; and it watches
// what it sends, so that the test sees a write outside an apply.
package main

import (
	"context"
	"log"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
)

func main() {
	if err := acctest.ServeProcess(context.Background(), nil); err != nil {
		log.Fatal(err)
	}
}
