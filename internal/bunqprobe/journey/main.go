package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunqprobe/probe"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends it at once
	status := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	stop()
	os.Exit(status)
}

// run returns the exit status: 0 where every step did what it should, 1 where one did not, 2 for
// what was refused before anything was sent.
func run(ctx context.Context, args []string, env func(string) string, stdout, stderr io.Writer) int {
	f := flag.NewFlagSet("journey", flag.ContinueOnError)
	f.SetOutput(stderr)
	check := f.Bool("check", false, "only say whether BUNQ_BASE_URL may be asked")
	c := config{progress: stderr, settle: 31 * time.Second}
	f.StringVar(&c.cli, "cli", "", "`program` to run: terraform or tofu")
	f.StringVar(&c.dir, "dir", "", "working `directory`, which holds a configuration; removed by the caller")
	f.StringVar(&c.witness, "witness", "", "`program` that asks bunq what is left, with a state on its standard input")
	if f.Parse(args) != nil {
		return 2
	}
	base, err := probe.CheckAddress(env("BUNQ_BASE_URL"), env("BUNQ_SANDBOX"))
	if err != nil {
		_, _ = fmt.Fprintln(stderr, "sandbox:", err)
		return 2
	}
	if *check {
		return 0
	}

	c.base = base
	report := travel(ctx, c)
	_, err = io.WriteString(stdout, report.markdown())
	if err != nil || !report.good() {
		return 1
	}
	return 0
}
