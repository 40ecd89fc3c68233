package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// access is what opens a session: the api_context of the device in the state.
type access struct {
	APIKey             string `json:"api_key"`
	InstallationToken  string `json:"installation_token"`
	PrivateKeyPEM      string `json:"private_key_pem"`
	ServerPublicKeyPEM string `json:"server_public_key_pem"`
}

type stateModule struct {
	Resources []struct {
		Type   string `json:"type"`
		Values struct {
			APIContext *access `json:"api_context"`
		} `json:"values"`
	} `json:"resources"`
	ChildModules []stateModule `json:"child_modules"`
}

// accessFromState reads the output of "terraform show -json" and takes the context of its first bunq_device_server.
func accessFromState(in io.Reader) (*access, error) {
	var state struct {
		Values struct {
			RootModule stateModule `json:"root_module"`
		} `json:"values"`
	}
	if err := json.NewDecoder(in).Decode(&state); err != nil {
		return nil, fmt.Errorf("reading the state: %w", err)
	}
	if a := state.Values.RootModule.access(); a != nil {
		return a, nil
	}
	return nil, errors.New("the state has no bunq_device_server with an api_context")
}

func (m stateModule) access() *access {
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
