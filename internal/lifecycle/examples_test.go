package lifecycle_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

// example is one directory under examples/ that is a whole configuration, and
// how a user brings it to its end.
type example struct {
	dir         string
	environment bunqsim.Environment
	// files are copied beside the configuration, by their names in
	// internal/qseal/testdata.
	files map[string]string
	env   []string
	// first are the arguments of the first plan and apply.
	first []string
	// second gives the environment of a second apply, where the example wants one.
	second func(*testing.T, *acctest.CLI) []string
}

// Each whole example does what it says: validated, planned and applied, it ends
// in a plan that is empty, and neither validation nor plan writes anything at
// bunq or opens more than one session.
func TestAccExamples(t *testing.T) {
	t.Parallel()
	vectors := filepath.Join("..", "qseal", "testdata")
	text := func(names ...string) string {
		var all strings.Builder
		for _, name := range names {
			raw, err := os.ReadFile(filepath.Join(vectors, name))
			if err != nil {
				t.Fatal(err)
			}
			all.Write(raw)
		}
		return all.String()
	}
	for _, e := range []example{
		{dir: "provider", environment: bunqsim.Sandbox}, // on the front page of the documentation
		{dir: "complete", environment: bunqsim.Sandbox},
		{dir: "callback-urls", environment: bunqsim.Sandbox},
		{
			dir: "production", environment: bunqsim.Production,
			files: map[string]string{"qseal.pem": text("seal.pem"), "qseal-chain.pem": text("intermediate.pem", "root.pem")},
			env:   []string{"TF_VAR_qseal_key=" + text("qseal.key"), `TF_VAR_permitted_ips=["127.0.0.1"]`},
		},
		{
			dir: "detached-signature", environment: bunqsim.Sandbox, first: []string{"-target=bunq_installation.main"},
			env: []string{"TF_VAR_certificate_pem=" + text("pseudo.pem")},
			second: func(t *testing.T, cli *acctest.CLI) []string {
				t.Helper()
				payload := cli.Run(t, "output", "-raw", "registration_payload")
				payload.MustSay(t, 0)
				return []string{"TF_VAR_signature=" + signElsewhere(t, text("qseal.key"), payload.Output)}
			},
		},
	} {
		t.Run(e.dir, func(t *testing.T) {
			t.Parallel()
			b := acctest.New(t, acctest.WithSim(func(c *bunqsim.Config) { c.Environment = e.environment }))
			cli := acctest.NewCLI(t, b)
			copyExample(t, e, cli.Dir)
			cli.Env = append(cli.Env, e.env...)

			cli.Run(t, "validate", "-no-color").MustSay(t, 0)
			cli.Plan(t, e.first...).MustSay(t, 2)
			if calls := b.Calls(0); len(calls) > 0 {
				t.Errorf("validation and plan of nothing made %v", calls)
			}
			cli.MustApply(t, e.first...)
			if e.second != nil {
				shell := cli.Env
				cli.Env = append(slices.Clone(shell), e.second(t, cli)...)
				cli.MustApply(t)
				// A later shell does not have it any more.
				cli.Env = shell
				cli.MustApply(t).MustSay(t, 0, "0 added, 1 changed, 0 destroyed")
			}
			mark := len(b.Sim.Journal())
			cli.MustHaveNothingToDo(t)
			if writes := b.Writes(mark); len(writes) > 0 {
				t.Errorf("a plan with nothing to do wrote: %v", writes)
			}
			sessions := 0
			for _, c := range b.Calls(mark) {
				if c == "POST /session-server" {
					sessions++
				}
			}
			if sessions > 1 {
				t.Errorf("a plan opened %d sessions", sessions)
			}
		})
	}
}

// What the documentation shows of a resource that takes an API context works as it stands there,
// where there is a device.
func TestAccExamples_ofResources(t *testing.T) {
	t.Parallel()
	for name, says := range map[string]string{
		"bunq_oauth_client":         "5 added",
		"bunq_oauth_callback_url":   "7 added",
		"bunq_notification_filters": "5 added",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := acctest.New(t)
			cli := acctest.NewCLI(t, b)
			device, err := os.ReadFile(filepath.Join("..", "..", "scripts", "testdata", "device.tf"))
			if err != nil {
				t.Fatal(err)
			}
			shown, err := os.ReadFile(filepath.Join("..", "..", "examples", "resources", name, "resource.tf"))
			if err != nil {
				t.Fatal(err)
			}
			cli.Write(t, string(device)+string(shown))
			cli.MustApply(t).MustSay(t, 0, says)
			cli.MustHaveNothingToDo(t)
		})
	}
}

// Two environments in one configuration: each provider block reaches its own bunq, with a
// certificate of its own, and the production key is in no state.
func TestAccExamples_twoEnvironments(t *testing.T) {
	t.Parallel()
	inSandbox := acctest.New(t, acctest.WithSim(func(c *bunqsim.Config) { c.Environment = bunqsim.Sandbox }))
	inProduction := acctest.New(t, acctest.WithSim(func(c *bunqsim.Config) { c.Environment = bunqsim.Production }))
	cli := acctest.NewCLI(t, inSandbox)
	vector := func(name string) string {
		t.Helper()
		raw, err := os.ReadFile(filepath.Join("..", "qseal", "testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	copyExample(t, example{dir: "two-environments", files: map[string]string{
		"qseal.pem": vector("seal.pem"), "qseal-chain.pem": vector("intermediate.pem") + vector("root.pem"),
	}}, cli.Dir)
	if err := os.Mkdir(filepath.Join(cli.Dir, "access"), 0o700); err != nil {
		t.Fatal(err)
	}
	copyExample(t, example{dir: filepath.Join("two-environments", "access")}, filepath.Join(cli.Dir, "access"))
	cli.Env = append(cli.Env, "TF_VAR_qseal_key="+vector("qseal.key"))

	// One BUNQ_BASE_URL cannot name both.
	main := filepath.Join(cli.Dir, "main.tf")
	raw, err := os.ReadFile(main)
	if err != nil {
		t.Fatal(err)
	}
	config := string(raw)
	for _, b := range []*acctest.Bunq{inSandbox, inProduction} {
		line := fmt.Sprintf("  environment = %q\n", b.Sim.Environment())
		if strings.Count(config, line) != 1 {
			t.Fatalf("the example does not have %q once", line)
		}
		config = strings.Replace(config, line, line+fmt.Sprintf("  base_url = %q\n", b.URL), 1)
	}
	write(t, main, config)

	cli.Run(t, "get").MustSay(t, 0)
	cli.MustApply(t)
	cli.MustHaveNothingToDo(t)
	for _, b := range []*acctest.Bunq{inSandbox, inProduction} {
		if got := b.Sim.Snapshot(); len(got.OAuthClients) != 1 || len(got.CallbackURLs) != 1 {
			t.Errorf("%s has %d OAuth clients and %d callback URLs, want one each", b.Sim.Environment(), len(got.OAuthClients), len(got.CallbackURLs))
		}
	}
	state := cli.Run(t, "state", "pull")
	state.MustSay(t, 0)
	if strings.Contains(state.Output, strings.Split(vector("qseal.key"), "\n")[1]) {
		t.Error("the state holds the key of the QSEAL certificate")
	}
}

// Of many callback URLs, one that is added and one that goes touch no other.
func TestAccExamples_manyCallbackURLs(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	cli := acctest.NewCLI(t, b)
	copyExample(t, example{dir: "callback-urls"}, cli.Dir)
	cli.MustApply(t)
	before := len(b.Sim.Snapshot().CallbackURLs)

	mark := len(b.Sim.Journal())
	cli.MustApply(t, `-var=applications={accounts=["new.example.com","app.example.nl","staging.example.com"],payments=["pay.example.com","pay.example.nl"]}`).
		MustSay(t, 0, "1 added, 0 changed, 1 destroyed")
	if got := b.Writes(mark); len(got) != 2 || len(b.Sim.Snapshot().CallbackURLs) != before {
		t.Errorf("one URL that is added and one that goes wrote %v", got)
	}
}

func copyExample(t *testing.T, e example, to string) {
	t.Helper()
	found, err := filepath.Glob(filepath.Join("..", "..", "examples", e.dir, "*.tf"))
	if err != nil || len(found) == 0 {
		t.Fatalf("examples/%s has no configuration (%v)", e.dir, err)
	}
	for _, path := range found {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(to, filepath.Base(path)), string(raw))
	}
	for name, text := range e.files {
		write(t, filepath.Join(to, name), text)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// signElsewhere is the HSM: it signs what it is given, and knows nothing of this
// provider's code.
func signElsewhere(t *testing.T, keyPEM, payload string) string {
	t.Helper()
	block, _ := pem.Decode([]byte(keyPEM))
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(payload))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key.(*rsa.PrivateKey), crypto.SHA256, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(signature)
}
