// Command bunqprobe asks a bunq sandbox what its documents leave open: one question for each
// setting of the simulator.
//
// It is for maintainers and not part of the release; doc/probe.md says how to run it and how to
// read it. The report goes to standard output, progress to standard error. The address is
// BUNQ_BASE_URL, bunq's sandbox where it is not set; every host that is neither that nor loopback
// is refused, and BUNQ_SANDBOX=1 is needed.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunqprobe/probe"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends it at once
	status := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	stop()
	os.Exit(status)
}

type options struct {
	config probe.Config
	json   string
	list   bool
}

func parse(args []string, stderr io.Writer) (options, error) {
	var o options
	f := flag.NewFlagSet("bunqprobe", flag.ContinueOnError)
	f.SetOutput(stderr)
	only := f.String("only", "", "ask for these `settings` only, separated by commas")
	f.BoolVar(&o.list, "list", false, "list the questions, and what each leaves at bunq; nothing is sent")
	limits := f.String("limits", "published", "`published|off`: space calls to bunq's limits, or (a simulator without limits) not")
	f.StringVar(&o.json, "json", "", "also write the answers to this `file`, as JSON")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if f.NArg() > 0 {
		return o, fmt.Errorf("unexpected argument %q", f.Arg(0))
	}
	if *limits != "published" && *limits != "off" {
		return o, fmt.Errorf("-limits is %q, must be published or off", *limits)
	}
	o.config.LimitsOff = *limits == "off"
	for name := range strings.SplitSeq(*only, ",") {
		if name = strings.TrimSpace(name); name != "" {
			o.config.Only = append(o.config.Only, name)
		}
	}
	return o, o.config.Check()
}

// run returns the exit status: 0 for a report, 1 if it was interrupted or could not be written, 2
// for what was refused before anything was sent.
func run(ctx context.Context, args []string, env func(string) string, stdout, stderr io.Writer) int {
	o, err := parse(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err == nil && o.list {
		list(stdout)
		return 0
	}
	if err == nil {
		o.config.BaseURL, err = probe.CheckAddress(env("BUNQ_BASE_URL"), env("BUNQ_SANDBOX"))
	}
	if err == nil && o.config.LimitsOff && o.config.BaseURL == probe.SandboxURL {
		err = errors.New("-limits off is for a simulator: bunq has limits; nothing has been sent")
	}
	if err != nil {
		_, _ = fmt.Fprintln(stderr, "bunqprobe:", err)
		return 2
	}

	o.config.Transport, o.config.Progress = probe.Transport(o.config.BaseURL), stderr
	report := probe.Run(ctx, o.config)
	if err := write(report, o.json, stdout); err != nil {
		_, _ = fmt.Fprintln(stderr, "bunqprobe:", err)
		return 1
	}
	if report.Interrupted {
		return 1
	}
	return 0
}

func write(report *probe.Report, file string, stdout io.Writer) error {
	_, err := io.WriteString(stdout, report.Markdown())
	if file == "" {
		return err
	}
	b, errJSON := report.JSON()
	if errJSON == nil {
		errJSON = os.WriteFile(file, append(b, '\n'), 0o600)
	}
	return errors.Join(err, errJSON)
}

func list(stdout io.Writer) {
	for _, s := range probe.Settings() {
		_, _ = fmt.Fprintf(stdout, "%-36s leaves: %s\n", s.Name, s.Leaves)
	}
	for _, name := range slices.Sorted(maps.Keys(probe.Unseen)) {
		_, _ = fmt.Fprintf(stdout, "%-36s cannot be seen: %s\n", name, probe.Unseen[name])
	}
}
