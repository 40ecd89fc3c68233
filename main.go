// Command terraform-provider-bunq serves the provider to Terraform and OpenTofu.
package main

import (
	"context"
	"flag"
	"log"
	"os"
	rt "runtime/debug"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"

	"github.com/openpsd2/terraform-provider-bunq/internal/provider"
)

// version is set when a release is built.
var version = "dev"

func main() {
	// A plan decodes and encodes every resource several times and keeps little of it. Collecting less
	// often saves a tenth of its time, for some tens of megabytes.
	if os.Getenv("GOGC") == "" {
		rt.SetGCPercent(400)
	}

	debug := flag.Bool("debug", false, "wait for a debugger, and print how Terraform attaches to this process")
	flag.Parse()

	err := providerserver.Serve(context.Background(), provider.New(version), providerserver.ServeOpts{
		Address: provider.Address,
		Debug:   *debug,
	})
	if err != nil {
		log.Fatal(err)
	}
}
