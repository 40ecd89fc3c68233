package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
)

// result is what one command of the CLI did.
type result struct {
	status int
	output string
	stdout []byte
	account
	err error // it could not be run, or was interrupted
}

// stopWait is how long the CLI may take to finish the call it is in, after a signal.
const stopWait = 2 * time.Minute

// terraform runs the CLI in the example's directory, with nothing of this user's settings but what
// is set here.
func (j *journey) terraform(ctx context.Context, args ...string) result {
	log := filepath.Join(j.dir, "provider.log")
	_ = os.Remove(log)
	cmd := exec.CommandContext(ctx, j.cli, append([]string{"-chdir=" + filepath.Join(j.dir, "example")}, args...)...) //nolint:gosec // the program that the caller names
	cmd.Env = append(slices.DeleteFunc(os.Environ(), func(e string) bool {
		return strings.HasPrefix(e, "BUNQ_") || strings.HasPrefix(e, "HOME=") || strings.HasPrefix(e, "XDG_")
	}), "HOME="+filepath.Join(j.dir, "home"), "XDG_CACHE_HOME="+filepath.Join(j.dir, "cache"), "XDG_CONFIG_HOME="+filepath.Join(j.dir, "home", ".config"),
		"BUNQ_BASE_URL="+j.base, "TF_LOG_PROVIDER=INFO", "TF_LOG_PATH="+log)
	if j.context != "" {
		cmd.Env = append(cmd.Env, "BUNQ_CONTEXT_FILE="+j.context)
	}
	apart(cmd)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = stopWait
	var out output
	cmd.Stdout, cmd.Stderr = stream{&out, true}, stream{&out, false}

	var r result
	err := cmd.Run()
	r.stdout, r.output = out.stdout.Bytes(), out.both.String()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		r.err = errors.New("interrupted")
	case errors.As(err, &exit):
		r.status = exit.ExitCode()
	default:
		r.err = err
	}
	text, _ := os.ReadFile(log) // where there is none, nothing was called
	r.account = accountOf(text)
	return r
}

// output is what a command writes: standard output alone, and all of it as a person would see it.
type output struct {
	mu           sync.Mutex
	stdout, both bytes.Buffer
}

// stream is one of the two ways into an output. os/exec writes to each from a goroutine of its own.
type stream struct {
	to     *output
	stdout bool
}

func (s stream) Write(p []byte) (int, error) {
	s.to.mu.Lock()
	defer s.to.mu.Unlock()
	if s.stdout {
		_, _ = s.to.stdout.Write(p) // buffers take everything
	}
	return s.to.both.Write(p)
}
