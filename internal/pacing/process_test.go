package pacing_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
	"github.com/openpsd2/terraform-provider-bunq/internal/qseal"
	"github.com/openpsd2/terraform-provider-bunq/internal/signing"
)

// helperEnv makes this test binary a process that calls bunq.
const helperEnv = "BUNQ_PACING_TEST_HELPER"

func TestMain(m *testing.M) {
	if text := os.Getenv(helperEnv); text != "" {
		if err := help(text); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// task is what a process does: one read, with the session of one context.
type task struct {
	BaseURL, CacheDir             string
	APIKey, Token, Key, ServerKey string
	Credential                    int64
	Read                          int
}

// reads are of different endpoints, so that eight processes at once are within
// the limits of each.
var reads = []func(ctx context.Context, m *machine, credential int64) error{
	func(ctx context.Context, m *machine, id int64) error {
		_, err := m.calls.PermittedIPs(ctx, id)
		return err
	},
	func(ctx context.Context, m *machine, _ int64) error { _, err := m.calls.DeviceServers(ctx); return err },
	func(ctx context.Context, m *machine, _ int64) error { _, err := m.calls.Credentials(ctx); return err },
	func(ctx context.Context, m *machine, _ int64) error { _, err := m.calls.OAuthClients(ctx); return err },
}

func help(text string) error {
	var t task
	if err := json.Unmarshal([]byte(text), &t); err != nil {
		return err
	}
	inst, err := bunq.NewInstallation(bunq.Secret(t.Token), bunq.Secret(t.Key), t.ServerKey)
	if err != nil {
		return err
	}
	ac := bunq.APIContext{Environment: bunq.Sandbox, APIKey: bunq.Secret(t.APIKey), Installation: inst}
	m, err := machineOf(t.BaseURL, nil, t.CacheDir, ac, 0)
	if err != nil {
		return err
	}
	fmt.Println("ready")
	if _, err := bufio.NewReader(os.Stdin).ReadString('\n'); err != nil {
		return err
	}
	return reads[t.Read](context.Background(), m, t.Credential)
}

// together starts n processes at the same moment, and fails the test for each that does not succeed.
func together(t *testing.T, n int, common task) {
	t.Helper()
	var ready, finished sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		common.Read = i % len(reads)
		text, err := json.Marshal(common)
		must(t, err)
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), helperEnv+"="+string(text))
		in, err := cmd.StdinPipe()
		must(t, err)
		out, err := cmd.StdoutPipe()
		must(t, err)
		cmd.Stderr = os.Stderr
		must(t, cmd.Start())
		ready.Add(1)
		finished.Go(func() {
			bufio.NewScanner(out).Scan()
			ready.Done()
			<-start
			_, err := fmt.Fprintln(in)
			if err := errors.Join(err, cmd.Wait()); err != nil {
				t.Errorf("process %d: %v", i, err)
			}
		})
	}
	ready.Wait()
	close(start)
	finished.Wait()
}

// register makes a context over HTTP, without opening a session.
func register(t *testing.T, base string) task {
	t.Helper()
	ctx := t.Context()
	u, err := bunq.ParseBaseURL(base)
	must(t, err)
	client, err := bunq.NewClient(bunq.Config{BaseURL: u, Environment: bunq.Sandbox})
	must(t, err)
	public, err := signing.MarshalPublicKey(&installationKey().PublicKey)
	must(t, err)
	created, err := client.CreateInstallation(ctx, public)
	must(t, err)
	key := pemOf(t, installationKey())
	inst, err := bunq.NewInstallation(created.Token, bunq.Secret(key), created.ServerPublicKeyPEM)
	must(t, err)
	payload, err := qseal.RegistrationPayload(&installationKey().PublicKey, created.Token.Reveal())
	must(t, err)
	signature, err := qseal.SignRegistration(qsealKey(), payload)
	must(t, err)
	cert := certificate(t)
	credential, err := client.CreateCredential(ctx, inst, bunq.CredentialRequest{CertificatePEM: cert, ChainPEM: cert, ClientPublicKeySignature: signature})
	must(t, err)
	_, err = client.CreateDeviceServer(ctx, inst, bunq.DeviceServerRequest{Description: "pacing", Secret: credential.TokenValue})
	must(t, err)
	return task{
		BaseURL: base, CacheDir: t.TempDir(),
		Credential: credential.ID, APIKey: credential.TokenValue.Reveal(), Token: created.Token.Reveal(), Key: key, ServerKey: created.ServerPublicKeyPEM,
	}
}

// Eight processes that start together with one context share one session. When bunq has ended it, the
// next eight together open one new session, after what is left of bunq's 30 seconds.
func TestProcesses_onOneContextOpenOneSession(t *testing.T) {
	t.Parallel()
	const n = 8
	sim, server := bunqsim.NewServer(t, bunqsim.Config{Limits: bunqsim.LimitsPublished})
	common := register(t, server.BaseURL())
	together(t, n, common)
	if got := len(sim.Calls("POST /session-server")); got != 1 {
		t.Errorf("%d sessions were opened", got)
	}
	if got := answers(sim); got[http.StatusOK] != n || len(got) != 1 {
		t.Errorf("the reads were answered with %v, want %d times 200", got, n)
	}
	time.Sleep(3 * time.Second) // until the windows of the reads are over
	must(t, sim.ExpireSessions())
	together(t, n, common)
	opened := sim.Calls("POST /session-server")
	if len(opened) != 2 {
		t.Fatalf("%d sessions were opened, want the first and one in its place", len(opened))
	}
	if d := opened[1].Time.Sub(opened[0].Time); d < 30*time.Second || d > 33*time.Second {
		t.Errorf("the openings are %v apart", d)
	}
	// A process that comes after another one noticed does not use the dead session.
	got := answers(sim)
	if dead := got[http.StatusUnauthorized]; got[http.StatusOK] != 2*n || dead < 1 || dead > n || len(got) != 2 {
		t.Errorf("the reads were answered with %v, want %d times 200, and up to %d times 401", got, 2*n, n)
	}
}

// answers returns how often each status answered the reads.
func answers(sim *bunqsim.Sim) map[int]int {
	got := map[int]int{}
	for _, e := range sim.Journal() {
		if e.Method == http.MethodGet {
			got[e.Status]++
		}
	}
	return got
}
