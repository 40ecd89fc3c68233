package lifecycle_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/sdkconf"
)

// held is one object of the state file, which is read as it is: asking the CLI
// for it takes as long as a plan.
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
	raw, err := os.ReadFile(filepath.Join(w.cli.Dir, "terraform.tfstate"))
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		w.t.Fatal(err)
	}
	var file struct {
		Resources []struct {
			Module, Type, Name string
			Instances          []struct {
				IndexKey   any `json:"index_key"`
				Status     string
				Deposed    string
				Attributes map[string]any
			}
		}
	}
	if err := json.Unmarshal(raw, &file); err != nil {
		w.t.Fatal(err)
	}
	var out []held
	for _, r := range file.Resources {
		if r.Type == "terraform_data" {
			continue
		}
		for _, i := range r.Instances {
			address := r.Type + "." + r.Name
			if r.Module != "" {
				address = r.Module + "." + address
			}
			switch at := i.IndexKey.(type) {
			case float64:
				address += fmt.Sprintf("[%d]", int(at))
			case string:
				address += "[" + strconv.Quote(at) + "]"
			}
			out = append(out, held{address: address, typ: r.Type, deposed: i.Deposed, tainted: i.Status == "tainted", attributes: i.Attributes})
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
		if s.typ == installation {
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
