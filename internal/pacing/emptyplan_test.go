package pacing_test

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
)

var (
	planPairs = flag.Int("plan-pairs", 0, "how many pairs of plans TestAccEmptyPlan_costs times; 0 leaves it out")
	planSize  = flag.Int("plan-size", 300, "how many resources each of its plans has")
)

// mostPlanRatio is the longest that an empty plan may take, as a multiple of one of a provider that makes
// no calls.
const mostPlanRatio = 1.0

// How long an empty plan of callback URLs takes, compared with one of as many resources of a provider
// that makes no calls. The two take turns, so that other load on the machine affects both. The provider
// is the one that users run.
func TestAccEmptyPlan_costs(t *testing.T) {
	if *planPairs == 0 {
		t.Skip("takes a while: -plan-pairs=10")
	}
	b := acctest.New(t)
	urls := acctest.NewCLI(t, b)
	party := b.Onboard(t, "Empty plan")
	urls.Write(t, fmt.Sprintf(`
locals {
  api_context = %s
}
resource "bunq_oauth_callback_url" "x" {
  count           = %d
  api_context     = local.api_context
  oauth_client_id = %q
  url             = "https://app.example.com/callback/${count.index}"
}
`, party.APIContext(), *planSize, fmt.Sprint(party.OAuthClient(t))))
	succeed(t, urls.Apply(t), 0)

	// From here on without acctest's provider, because its notes take time.
	settings := filepath.Join(t.TempDir(), "cli.tfrc")
	host := "registry.terraform.io"
	if urls.IsTofu {
		host = "registry.opentofu.org"
	}
	must(t, os.WriteFile(settings, fmt.Appendf(nil, `
disable_checkpoint = true
provider_installation {
  dev_overrides {
    "%[1]s/openpsd2/bunq" = %[2]q
    "%[1]s/openpsd2/idle" = %[3]q
  }
  direct {}
}
`, host, builtFor(t, "bunq", "../.."), builtFor(t, "idle", "../acctest/idleprovider")), 0o600))
	// Both as users run them: with Go's garbage collection, and without a setting for logs.
	urls.Env = append(urls.Env, "TF_CLI_CONFIG_FILE="+settings, "GOGC=", "GOMEMLIMIT=off", "TF_LOG=")

	idle := *urls
	idle.Dir = t.TempDir()
	must(t, os.WriteFile(filepath.Join(idle.Dir, "main.tf"), fmt.Appendf(nil, `
terraform {
  required_providers {
    idle = { source = "openpsd2/idle" }
  }
}
resource "idle_id" "x" {
  count       = %d
  byte_length = 8
}
`, *planSize), 0o600))
	succeed(t, idle.Apply(t), 0)

	timed := func(c *acctest.CLI) time.Duration {
		t.Helper()
		began := time.Now()
		succeed(t, c.Plan(t), 0)
		return time.Since(began)
	}
	timed(urls) // opens the session, which the others find in the cache
	timed(&idle)

	var ratios []float64
	for range *planPairs {
		theirs, ours := timed(&idle), timed(urls)
		ratios = append(ratios, float64(ours)/float64(theirs))
		t.Logf("%v against %v: %.2f", ours.Round(time.Millisecond), theirs.Round(time.Millisecond), ratios[len(ratios)-1])
	}
	slices.Sort(ratios)
	median := ratios[len(ratios)/2]
	t.Logf("a plan of %d callback URLs takes %.2f times one of a provider that makes no calls (median of %d pairs)",
		*planSize, median, *planPairs)
	if median > mostPlanRatio {
		t.Errorf("it should be at most %.2f times", mostPlanRatio)
	}
}

// builtFor builds the provider in a directory and returns the folder that has it.
func builtFor(t *testing.T, name, from string) string {
	t.Helper()
	dir := t.TempDir()
	build := exec.CommandContext(t.Context(), "go", "build", "-o", filepath.Join(dir, "terraform-provider-"+name), ".")
	build.Dir = filepath.FromSlash(from)
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return dir
}
