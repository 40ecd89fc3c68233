package hostile

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest/core"
	"github.com/openpsd2/terraform-provider-bunq/internal/provider"
)

// envTask is the variable in which the test passes a task to a process of its own.
const envTask = "BUNQ_HOSTILE_TASK"

// task is what a process does: one operation of the provider.
type task struct {
	BaseURL   string
	Operation operation
	Context   apiContext
	CacheDir  string
}

type apiContext struct {
	APIKey, Token, PrivateKeyPEM, ServerPublicKeyPEM string
}

// result is what it prints.
type result struct {
	Took    time.Duration
	Memory  int // the most that the process had, in bytes; 0 where it cannot be read
	Notices core.Notices
}

func TestMain(m *testing.M) {
	text := os.Getenv(envTask)
	if text == "" {
		os.Exit(m.Run())
	}

	debug.SetGCPercent(400) // as main does
	var t task
	if err := json.Unmarshal([]byte(text), &t); err != nil {
		panic(err)
	}
	r, err := t.do(context.Background())
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(r)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// do runs the operation, as Terraform does.
func (t task) do(ctx context.Context) (*result, error) {
	server := core.Start(provider.WithCacheDir(t.CacheDir))
	told := server.Configure(ctx, core.Args{
		"base_url": core.String(t.BaseURL),
		"max_wait": core.String("10s"),
		"api_context": core.Strings(map[string]string{
			"environment": "sandbox", "api_key": t.Context.APIKey, "installation_token": t.Context.Token,
			"private_key_pem": t.Context.PrivateKeyPEM, "server_public_key_pem": t.Context.ServerPublicKeyPEM,
		}),
	})
	if len(told) > 0 {
		return nil, fmt.Errorf("configure: %s", told)
	}

	begun := time.Now()
	told = t.Operation.run(ctx, server)
	return &result{Took: time.Since(begun), Memory: peak(), Notices: told}, nil
}

// peak reads the most memory that the process had, which Linux counts from its beginning.
func peak() int {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		var kilobytes int
		if n, _ := fmt.Sscanf(line, "VmHWM: %d kB", &kilobytes); n == 1 {
			return kilobytes << 10
		}
	}
	return 0
}

// operation is one thing that the provider does, with the call that the server answers badly.
type operation struct {
	// Resource is created; if it is empty, Data is read.
	Resource, Data string
	// Call is the call that gets the bad answer, as "POST /v1/installation".
	Call string
	// Sent is how often it may be sent. A read may be repeated as often as there is time.
	Sent int
}

func (o operation) run(ctx context.Context, server *core.Provider) core.Notices {
	if o.Resource == "" {
		return server.ReadData(ctx, o.Data, nil)
	}

	planned, _, told := server.Plan(ctx, core.Absent(o.Resource), nil)
	if told.Failed() {
		return told
	}
	_, more := server.Apply(ctx, core.Absent(o.Resource), planned, core.Args{})
	return append(told, more...)
}
