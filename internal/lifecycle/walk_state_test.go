package lifecycle_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/sdkconf"
)

// held is one object of the state.
type held struct {
	address, typ, deposed string
	tainted               bool
	attributes            map[string]any
}

func (s held) text(name string) string {
	v, _ := s.attributes[name].(string)
	return v
}

func (s held) String() string { return fmt.Sprintf("%s (%s)", s.address, s.text("id")) }

// state is all objects of this provider in the state, in its order.
func (w *walker) state() []held {
	w.t.Helper()
	var out []held
	for _, o := range w.cli.Objects(w.t) {
		if o.Type != "terraform_data" {
			out = append(out, held{address: o.Address, typ: o.Type, deposed: o.Deposed, tainted: o.Tainted, attributes: o.Attributes})
		}
	}
	return out
}

// heldAt is the object at an address, deposed ones aside.
func heldAt(state []held, address string) (held, bool) {
	for _, s := range state {
		if s.address == address && s.deposed == "" {
			return s, true
		}
	}
	return held{}, false
}

// contextFile writes what bunq's SDKs would have saved of the key that h goes
// with, and returns the file's name.
func (w *walker) contextFile(state []held, h held) string {
	w.t.Helper()
	second := strings.HasSuffix(h.address, ".second")
	var from, key held
	for _, s := range state {
		if s.typ == installation && strings.HasSuffix(s.address, ".second") == second {
			from = s
		}
		if s.typ == credential && strings.HasSuffix(s.address, ".second") == second {
			key = s
		}
	}
	raw, err := sdkconf.Marshal(sdkconf.Context{
		Environment: bunq.Sandbox, APIKey: bunq.Secret(key.text("api_key")), InstallationToken: bunq.Secret(from.text("token")),
		PrivateKeyPEM: bunq.Secret(from.text("private_key_pem")), ServerPublicKeyPEM: from.text("server_public_key_pem"),
	})
	if err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(w.cli.Dir, "bunq.conf"), raw, 0o600); err != nil {
		w.t.Fatal(err)
	}
	return "bunq.conf"
}
