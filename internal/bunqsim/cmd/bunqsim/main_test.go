package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestMain lets the test binary stand in for the command.
func TestMain(m *testing.M) {
	if os.Getenv("BUNQSIM_TEST_RUN") == "1" {
		main()
	}
	os.Exit(m.Run())
}

// Started as a process: one ready line, requests answered and logged, and an end with status 0 on
// each signal.
func TestReadyLineAndSignals(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no process can send another one a signal there")
	}
	for _, sig := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		t.Run(sig.String(), func(t *testing.T) {
			state := filepath.Join(t.TempDir(), "state.json")
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-listen", "127.0.0.1:0", "-log", "-limits", "published", "-state", state)
			cmd.Env = append(os.Environ(), "BUNQSIM_TEST_RUN=1")
			var log bytes.Buffer
			cmd.Stderr = &log
			out, err := cmd.StdoutPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			lines := bufio.NewReader(out)
			line, err := lines.ReadString('\n')
			if err != nil {
				t.Fatal(err)
			}
			var ready map[string]string
			if err := json.Unmarshal([]byte(line), &ready); err != nil || !strings.HasPrefix(ready["base_url"], "http://127.0.0.1:") {
				t.Fatalf("ready line %q: %v", line, err)
			}
			host := strings.TrimSuffix(ready["base_url"], "/v1")
			if ready["authorize_url"] != host+"/auth" || ready["token_url"] != host+"/token" || len(ready) != 3 {
				t.Errorf("ready line %s", line)
			}
			var statuses []int
			for range 4 {
				statuses = append(statuses, get(t, ready["base_url"]+"/user"))
			}
			if statuses[2] != 403 || statuses[3] != 429 {
				t.Errorf("statuses %d", statuses)
			}
			if err := cmd.Process.Signal(sig); err != nil {
				t.Fatal(err)
			}
			rest, err := io.ReadAll(lines)
			if err != nil || len(rest) != 0 {
				t.Errorf("more on stdout: %q, %v", rest, err)
			}
			if err := cmd.Wait(); err != nil {
				t.Errorf("ended with %v: %s", err, log.String())
			}
			checkLog(t, log.String())
			if _, err := os.Stat(state); err != nil {
				t.Error(err)
			}
		})
	}
}

func checkLog(t *testing.T, log string) {
	t.Helper()
	rows := strings.Split(strings.TrimSpace(log), "\n")
	if len(rows) != 4 {
		t.Fatalf("log has %d lines: %s", len(rows), log)
	}
	var e struct {
		Time         time.Time
		Method, Path string
		Route        string
		Status       int
		Error        string
		Fault        string
	}
	d := json.NewDecoder(strings.NewReader(rows[3]))
	d.DisallowUnknownFields()
	if err := d.Decode(&e); err != nil || e.Method != http.MethodGet || e.Path != "/v1/user" || e.Status != 429 || e.Route != "/user" ||
		e.Error != "Too many requests. You can do a maximum of 3 calls per 3 second to this endpoint." || e.Fault != "" || time.Since(e.Time) > time.Hour {
		t.Errorf("log line %s: %v", rows[3], err)
	}
}

func get(t *testing.T, url string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode
}

func TestWrongFlagsAndFailures(t *testing.T) {
	for _, tc := range []struct {
		rule string
		args []string
		exit int
		want string
	}{
		{"help", []string{"-h"}, 0, "-listen"},
		{"unknown flag", []string{"-x"}, 2, "not defined"},
		{"argument", []string{"x"}, 2, "unexpected argument"},
		{"settings no JSON", []string{"-settings", "{"}, 2, "-settings"},
		{"unknown setting", []string{"-settings", `{"x":1}`}, 2, "unknown field"},
		{"unknown answer", []string{"-settings", `{"first_use":"never"}`}, 1, "FirstUse"},
		{"client-ip", []string{"-client-ip", "home"}, 2, "-client-ip"},
		{"limits", []string{"-limits", "some"}, 1, "limits"},
		{"environment", []string{"-environment", "x"}, 1, "environment"},
		{"all interfaces", []string{"-listen", ":0"}, 1, "not a loopback address"},
		{"management on all interfaces", []string{"-listen", "127.0.0.1:0", "-manage", ":0"}, 1, "not a loopback address"},
	} {
		t.Run(tc.rule, func(t *testing.T) {
			var out, msg bytes.Buffer
			if got := run(t.Context(), tc.args, &out, &msg); got != tc.exit || !strings.Contains(msg.String(), tc.want) || out.Len() > 0 {
				t.Errorf("exit %d, stdout %q, stderr %q", got, out.String(), msg.String())
			}
		})
	}
}

func TestPrintsAndStops(t *testing.T) {
	for arg, want := range map[string]string{
		"-version":       "bunqsim dev\n",
		"-list-settings": "dead_session_status: 401 | 403\n    OBSERVED: both. For those who open a new session when one has ended.\n",
	} {
		var out, msg bytes.Buffer
		if got := run(t.Context(), []string{arg}, &out, &msg); got != 0 || !strings.Contains(out.String(), want) || msg.Len() > 0 {
			t.Errorf("%s: exit %d, %q, %q", arg, got, out.String(), msg.String())
		}
	}
}

// syncBuffer is written by the server's goroutines.
type syncBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func TestSettingsAndClientIPReachTheSimulator(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	r, w := io.Pipe()
	done := make(chan int)
	go func() {
		status := run(ctx, []string{"-listen", "127.0.0.1:0", "-client-ip", "203.0.113.7", "-limits", "published",
			"-settings", `{"rate_limit_status":409}`}, w, &syncBuffer{})
		_ = w.Close() // whoever still waits for the ready line sees that there is none
		done <- status
	}()
	var ready struct {
		BaseURL string `json:"base_url"`
	}
	if err := json.NewDecoder(r).Decode(&ready); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		get(t, ready.BaseURL+"/user")
	}
	if got := get(t, ready.BaseURL+"/user"); got != 409 {
		t.Errorf("status %d", got)
	}
	stop()
	if got := <-done; got != 0 {
		t.Errorf("exit %d", got)
	}
}
