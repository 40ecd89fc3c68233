package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/openpsd2/terraform-provider-bunq/internal/witness"
)

// state is what the output of "terraform show -json" gives to others.
type state struct {
	access  *witness.Access
	outputs outputs
}

// outputs are those of examples/complete that an application needs.
type outputs struct {
	ClientID      output[string]            `json:"client_id"`
	ClientSecret  output[string]            `json:"client_secret"`
	AuthorizeURLs output[map[string]string] `json:"authorize_urls"` // by callback URL
}

type output[T any] struct {
	Value T `json:"value"`
}

type stateModule struct {
	Resources []struct {
		Type   string `json:"type"`
		Values struct {
			APIContext *witness.Access `json:"api_context"`
		} `json:"values"`
	} `json:"resources"`
	ChildModules []stateModule `json:"child_modules"`
}

// readState reads the output of "terraform show -json". The access is the context of its first
// bunq_device_server.
func readState(in io.Reader) (*state, error) {
	var shown struct {
		Values struct {
			Outputs    outputs     `json:"outputs"`
			RootModule stateModule `json:"root_module"`
		} `json:"values"`
	}
	if err := json.NewDecoder(in).Decode(&shown); err != nil {
		return nil, fmt.Errorf("reading the state: %w", err)
	}
	a := shown.Values.RootModule.access()
	if a == nil {
		return nil, errors.New("the state has no bunq_device_server with an api_context")
	}
	return &state{access: a, outputs: shown.Values.Outputs}, nil
}

func (m stateModule) access() *witness.Access {
	for _, r := range m.Resources {
		if r.Type == "bunq_device_server" && r.Values.APIContext != nil {
			return r.Values.APIContext
		}
	}
	for _, child := range m.ChildModules {
		if a := child.access(); a != nil {
			return a
		}
	}
	return nil
}
