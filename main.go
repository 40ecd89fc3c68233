// Command terraform-provider-bunq serves the provider to Terraform and OpenTofu.
package main

import (
	"context"
	"flag"
	"log"
	"os"
	rt "runtime/debug"
	"strings"

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

	silenceUnreadLog(os.Environ())

	err := providerserver.Serve(context.Background(), provider.New(version), providerserver.ServeOpts{
		Address: provider.Address,
		Debug:   *debug,
	})
	if err != nil {
		log.Fatal(err)
	}
}

// silenceUnreadLog turns the logs off where none is asked for. Terraform would parse each line of the
// protocol, of the framework and of this provider, and drop it: a fifth of what a plan costs. Where any
// of TF_LOG, TF_LOG_PROVIDER and the like is set, nothing changes. TF_LOG_PATH alone asks for no log.
func silenceUnreadLog(env []string) {
	for _, e := range env {
		name, value, _ := strings.Cut(e, "=")
		if strings.HasPrefix(name, "TF_LOG") && name != "TF_LOG_PATH" && value != "" {
			return
		}
	}

	for _, name := range []string{"TF_LOG_PROVIDER", "TF_LOG_SDK", "TF_LOG_SDK_PROTO", "TF_LOG_SDK_FRAMEWORK"} {
		_ = os.Setenv(name, "off") // fails for a name or value that the system does not take
	}
}
