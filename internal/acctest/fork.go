package acctest

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

// Fork serves a copy of all that exists at b, for a CLI of its own: what takes
// long to make is made once for many tests.
func (b *Bunq) Fork(t *testing.T) *Bunq {
	t.Helper()
	var config bunqsim.Config
	l := newLedger(t)
	l.hear(&config)
	sim, err := b.Sim.Fork(config)
	if err != nil {
		t.Fatal(err)
	}
	server, err := bunqsim.Start(sim)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	t.Cleanup(func() { l.report(t) })
	return &Bunq{Sim: sim, URL: server.BaseURL(), server: server, ledger: l}
}

// TakeState copies the state of another CLI, as if this one had applied it.
func (c *CLI) TakeState(t *testing.T, from *CLI) {
	t.Helper()
	const file = "terraform.tfstate"
	raw, err := os.ReadFile(filepath.Join(from.Dir, file))
	if err != nil {
		t.Fatal(err)
	}
	writeFile(t, filepath.Join(c.Dir, file), string(raw))
}
