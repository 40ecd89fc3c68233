package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunqprobe/probe"
	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

func env(base, consent string) func(string) string {
	return func(name string) string {
		return map[string]string{"BUNQ_BASE_URL": base, "BUNQ_SANDBOX": consent}[name]
	}
}

// Over real HTTP and in real time: one question, the report on standard output, progress on
// standard error, and the file.
func TestRun(t *testing.T) {
	sim, server := bunqsim.NewServer(t, bunqsim.Config{Settings: bunqsim.Settings{SecondOAuthClient: bunqsim.Existing}})
	file := filepath.Join(t.TempDir(), "answers.json")
	var out, progress strings.Builder
	status := run(t.Context(), []string{"-only", "second_oauth_client, ip_text", "-limits", "off", "-json", file},
		env(server.BaseURL(), "1"), &out, &progress)
	if status != 0 {
		t.Fatalf("status %d: %s", status, progress.String())
	}

	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var answers struct {
		Settled   map[string]any    `json:"settled"`
		Unsettled map[string]string `json:"unsettled"`
		Surprises []any             `json:"surprises"`
	}
	if err := json.Unmarshal(raw, &answers); err != nil {
		t.Fatal(err)
	}
	if answers.Settled["second_oauth_client"] != "existing" || !strings.Contains(answers.Unsettled["ip_text"], "no IPv6") || answers.Surprises == nil {
		t.Errorf("file %s", raw)
	}
	if !strings.Contains(out.String(), `-settings '{"second_oauth_client":"existing"}'`) {
		t.Errorf("the report has no settings: %s", out.String())
	}
	if !strings.Contains(progress.String(), "[1/2] ") || !strings.Contains(progress.String(), "2 questions, at most") {
		t.Errorf("progress %s", progress.String())
	}
	for _, c := range sim.Snapshot().OAuthClients {
		if c.Status != bunqsim.OAuthClientCancelled {
			t.Errorf("client %d is left %s", c.ID, c.Status)
		}
	}
}

// What is refused is refused before anything is sent.
func TestRun_refuses(t *testing.T) {
	sim, server := bunqsim.NewServer(t, bunqsim.Config{})
	for name, tc := range map[string]struct {
		args          []string
		base, consent string
		want          string
	}{
		"without consent":            {nil, server.BaseURL(), "", "BUNQ_SANDBOX=1"},
		"production":                 {nil, "https://api.bunq.com/v1", "1", "production"},
		"another host":               {nil, "https://example.com/v1", "1", "neither"},
		"an unknown question":        {[]string{"-only", "best_colour"}, server.BaseURL(), "1", "best_colour"},
		"a question without answer":  {[]string{"-only", "setup_calls_per_day"}, server.BaseURL(), "1", "newer page"},
		"unknown limits":             {[]string{"-limits", "some"}, server.BaseURL(), "1", "-limits"},
		"bunq itself without limits": {[]string{"-limits", "off"}, "", "1", "bunq has limits"},
		"an argument":                {[]string{"everything"}, server.BaseURL(), "1", "everything"},
		"an unknown flag":            {[]string{"-fast"}, server.BaseURL(), "1", "fast"},
	} {
		var out, errors strings.Builder
		if status := run(t.Context(), tc.args, env(tc.base, tc.consent), &out, &errors); status != 2 {
			t.Errorf("%s: status %d", name, status)
		}
		if !strings.Contains(errors.String(), tc.want) || out.Len() > 0 {
			t.Errorf("%s: says %q", name, errors.String())
		}
	}
	if n := len(sim.Journal()); n > 0 {
		t.Errorf("%d requests were sent", n)
	}
}

func TestRun_listsWithoutAsking(t *testing.T) {
	var out, errors strings.Builder
	if status := run(t.Context(), []string{"-list"}, env("", ""), &out, &errors); status != 0 {
		t.Fatalf("status %d: %s", status, errors.String())
	}
	if n := strings.Count(out.String(), "\n"); n != len(probe.Settings())+len(probe.Unseen) {
		t.Errorf("%d lines", n)
	}
}

// A signal ends a run with the report so far, and with a status that says so.
func TestRun_interrupted(t *testing.T) {
	sim, server := bunqsim.NewServer(t, bunqsim.Config{})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	sim.Fail(bunqsim.Fault{Route: "GET /installation", Kind: bunqsim.FaultHook, Hook: func(bunqsim.Entry) { cancel() }})
	var out, progress strings.Builder
	if status := run(ctx, []string{"-limits", "off"}, env(server.BaseURL(), "1"), &out, &progress); status != 1 {
		t.Errorf("status %d", status)
	}
	if !strings.Contains(out.String(), "**server_key**: `per-installation`") || !strings.Contains(out.String(), "was interrupted") {
		t.Errorf("report %s", out.String())
	}
}
