package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// held is what the state says that bunq holds.
type held struct {
	resources []resource
	access    map[string]any // the api_context of the device
}

type resource struct {
	Address string         `json:"address"`
	Type    string         `json:"type"`
	Values  map[string]any `json:"values"`
}

// readState reads the output of "terraform show -json".
func readState(text []byte) (*held, error) {
	var state struct {
		Values struct {
			Root struct {
				Resources []resource `json:"resources"`
			} `json:"root_module"`
		} `json:"values"`
	}
	if err := json.Unmarshal(text, &state); err != nil {
		return nil, fmt.Errorf("reading the state: %w", err)
	}
	h := &held{}
	for _, r := range state.Values.Root.Resources {
		if r.Type == "bunq_sandbox_certificate" {
			continue // bunq doesn't hold it
		}
		h.resources = append(h.resources, r)
		if context, ok := r.Values["api_context"].(map[string]any); ok && r.Type == "bunq_device_server" {
			h.access = context
		}
	}
	if h.access == nil {
		return nil, errors.New("the state has no device with an api_context")
	}
	return h, nil
}

func (h *held) addresses() []string {
	var out []string
	for _, r := range h.resources {
		out = append(out, r.Address)
	}
	return out
}

// contextFile is what bunq's SDKs would have written.
func (h *held) contextFile() []byte {
	b, err := json.Marshal(map[string]any{
		"environment_type": "SANDBOX",
		"api_key":          h.access["api_key"],
		"installation_context": map[string]any{
			"token":              h.access["installation_token"],
			"private_key_client": h.access["private_key_pem"],
			"public_key_client":  h.publicKey(),
			"public_key_server":  h.access["server_public_key_pem"],
		},
	})
	if err != nil {
		panic(err) // strings out of JSON
	}
	return b
}

func (h *held) publicKey() any {
	for _, r := range h.resources {
		if r.Type == "bunq_installation" {
			return r.Values["public_key_pem"]
		}
	}
	return nil
}

// importBlocks takes all of it over, by the ids that doc and guides name.
func (h *held) importBlocks(file string) string {
	var b strings.Builder
	for _, r := range h.resources {
		id := file
		switch v := r.Values; r.Type {
		case "bunq_oauth_client":
			id = fmt.Sprintf("%v/%v", v["user_id"], v["id"])
		case "bunq_oauth_callback_url":
			id = fmt.Sprintf("%v/%v/%v", v["user_id"], v["oauth_client_id"], v["id"])
		}
		fmt.Fprintf(&b, "import {\n  to = %s\n  id = %q\n}\n\n", r.Address, id)
	}
	return b.String()
}
