package lifecycle_test

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
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
		{dir: "complete", environment: bunqsim.Sandbox},
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
