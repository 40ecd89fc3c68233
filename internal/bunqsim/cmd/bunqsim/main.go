// Command bunqsim runs the simulator of bunq's PSD2 onboarding API on a loopback address.
//
// When it is ready it prints one line of JSON to standard output: where the API is (base_url), the
// authorisation page (authorize_url), the token endpoint (token_url) and, with -manage, the
// management interface (manage_url). SIGINT and SIGTERM stop it with status 0.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

// stopWait is how long requests under way may take after a signal.
const stopWait = 3 * time.Second

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	status := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(status)
}

// version is set by the release.
var version = "dev"

type options struct {
	listen, manage            string
	anywhere                  bool
	listSettings, showVersion bool
	log                       bool
	config                    bunqsim.Config
}

func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	var limits, environment, settings, clientIP string
	f := flag.NewFlagSet("bunqsim", flag.ContinueOnError)
	f.SetOutput(stderr)
	f.StringVar(&o.listen, "listen", "127.0.0.1:8080", "loopback `address` to listen on; port 0 takes a free one")
	f.StringVar(&o.manage, "manage", "", "`address` for journal, faults, settings, clock and state (default: none)")
	f.BoolVar(&o.anywhere, "listen-anywhere", false, "take addresses beyond loopback, as in a container: whoever reaches them gets keys")
	f.BoolVar(&o.listSettings, "list-settings", false, "list the settings with their answers, the default first, and stop")
	f.BoolVar(&o.showVersion, "version", false, "print the version and stop")
	f.StringVar(&limits, "limits", string(bunqsim.LimitsOff), "rate limits: `off|published|recent`")
	f.StringVar(&o.config.StateFile, "state", "", "`file` that keeps the state, mode 0600 (default: in memory)")
	f.BoolVar(&o.log, "log", false, "write one JSON line a request to standard error")
	f.StringVar(&environment, "environment", string(bunqsim.Sandbox), "`sandbox|production`: whose rules for certificates apply")
	f.StringVar(&clientIP, "client-ip", "", "take all callers as coming from this `address`")
	f.StringVar(&settings, "settings", "", "the simulator's choices as a JSON `object`, see Settings")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if f.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q", f.Arg(0))
	}
	if settings != "" {
		d := json.NewDecoder(bytes.NewReader([]byte(settings)))
		d.DisallowUnknownFields()
		if err := d.Decode(&o.config.Settings); err != nil {
			return o, fmt.Errorf("-settings: %w", err)
		}
	}
	if clientIP != "" {
		if _, err := netip.ParseAddr(clientIP); err != nil {
			return o, fmt.Errorf("-client-ip: %w", err)
		}
		o.config.ClientIP = func(*http.Request) string { return clientIP }
	}
	if o.manage != "" {
		o.config.Clock = bunqsim.NewShiftedClock()
	}
	o.config.Limits, o.config.Environment = bunqsim.Limits(limits), bunqsim.Environment(environment)
	if o.log {
		o.config.Observer = logger(stderr)
	}
	return o, nil
}

// run serves until ctx ends, and returns the exit status: 0, 1 for a failure, 2 for wrong flags.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	o, err := parse(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		_, _ = fmt.Fprintln(stderr, "bunqsim:", err)
		return 2
	}
	if o.showVersion {
		_, _ = fmt.Fprintln(stdout, "bunqsim", version)
		return 0
	}
	if o.listSettings {
		listSettings(stdout)
		return 0
	}
	if err := serve(ctx, o, stdout); err != nil {
		_, _ = fmt.Fprintln(stderr, err)
		return 1
	}
	return 0
}

func listSettings(w io.Writer) {
	for _, c := range bunqsim.SettingChoices() {
		answers := make([]string, len(c.Answers))
		for i, a := range c.Answers {
			b, _ := json.Marshal(a) // strings and numbers only
			answers[i] = string(b)
		}
		_, _ = fmt.Fprintf(w, "%s: %s\n    %s. For %s.\n", c.Name, strings.Join(answers, " | "), c.Source, c.For)
	}
}

func serve(ctx context.Context, o options, stdout io.Writer) error {
	sim, err := bunqsim.New(o.config)
	if err != nil {
		return err
	}
	var opts []bunqsim.ListenOption
	if o.anywhere {
		opts = append(opts, bunqsim.Anywhere())
	}
	srv, err := bunqsim.Listen(sim, o.listen, opts...) //nolint:contextcheck // it serves until Shutdown, which lets requests under way end
	if err != nil {
		return err
	}
	ready := struct {
		BaseURL      string `json:"base_url"`
		AuthorizeURL string `json:"authorize_url"`
		TokenURL     string `json:"token_url"`
		ManageURL    string `json:"manage_url,omitempty"`
	}{BaseURL: srv.BaseURL(), AuthorizeURL: srv.AuthorizeURL(), TokenURL: srv.TokenURL()}
	if o.manage != "" {
		manage, err := bunqsim.Listen(sim, o.manage, append(opts, bunqsim.Management())...) //nolint:contextcheck // as above
		if err != nil {
			return errors.Join(err, srv.Close())
		}
		defer func() { _ = manage.Close() }()
		ready.ManageURL = manage.ManageURL()
	}

	if err := json.NewEncoder(stdout).Encode(ready); err != nil {
		return errors.Join(fmt.Errorf("bunqsim: ready line: %w", err), srv.Close())
	}
	<-ctx.Done()
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWait)
	defer cancel()
	if err := srv.Shutdown(stop); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return nil
}

// logger returns an observer that writes what happened, and nothing that was sent.
func logger(w io.Writer) func(bunqsim.Entry) {
	var mu sync.Mutex
	return func(e bunqsim.Entry) {
		mu.Lock()
		defer mu.Unlock()
		_ = json.NewEncoder(w).Encode(struct {
			Time   string `json:"time"`
			Method string `json:"method"`
			Path   string `json:"path"`
			Route  string `json:"route"`
			Status int    `json:"status"`
			Error  string `json:"error,omitempty"`
			Fault  string `json:"fault,omitempty"`
		}{e.Time.UTC().Format(time.RFC3339Nano), e.Method, e.Path, e.Route, e.Status, strings.Join(e.Errors, "; "), e.Fault})
	}
}
