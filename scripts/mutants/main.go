package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
)

func main() {
	if err := run(os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(1)
	}
}

func run(args []string, out io.Writer) error {
	if len(args) == 0 {
		return errors.New("usage: mutants extend PROFILE | mutants report [flags] PACKAGE_DIR")
	}
	flags := flag.NewFlagSet("mutants "+args[0], flag.ContinueOnError)
	found := flags.String("gremlins", "", "what gremlins wrote with --output")
	harmlessFile := flags.String("harmless", "", "list of the mutants that cannot matter")
	module := flags.String("module", "", "path of the module, as in go.mod")
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}

	switch args[0] {
	case "extend":
		return extendProfile(flags.Arg(0), *module)
	case "report":
		return printReport(out, *found, *harmlessFile, flags.Arg(0))
	default:
		return fmt.Errorf("there is no %q; it is extend or report", args[0])
	}
}

// printReport prints the report on the package in dir, a path below the working directory. It fails
// where the tests kill too little, or where the list of harmless mutants is out of date.
func printReport(out io.Writer, gremlinsFile, harmlessFile, dir string) error {
	mutants, err := readMutants(gremlinsFile, dir)
	if err != nil {
		return err
	}
	list, err := os.Open(harmlessFile) //nolint:gosec // the caller names it
	if err != nil {
		return err
	}
	defer func() { _ = list.Close() }() // it was only read
	entries, err := parseHarmless(list)
	if err != nil {
		return fmt.Errorf("%s: %w", harmlessFile, err)
	}

	r := newReport(mutants, entries, dir)
	if _, err := io.WriteString(out, r.text()); err != nil {
		return err
	}
	return r.verdict()
}
