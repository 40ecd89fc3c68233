package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"
)

func main() {
	baseURL := flag.String("base-url", "", "address of the API, with its version path")
	want := flag.Int("want-callback-urls", -1, "fail unless the active client has as many callback URLs")
	wantNone := flag.Bool("want-no-client", false, "fail if a client is still active")
	tokenURL := flag.String("consent", "", "go from the outputs to a first consent instead, with the token endpoint at this `address`")
	flag.Parse()

	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	err := run(ctx, *baseURL, *tokenURL, *want, *wantNone, os.Stdin, os.Stdout)
	cancel()
	if err != nil {
		fmt.Fprintln(os.Stderr, "democheck:", err)
		os.Exit(1)
	}
}

// run reads a state from in and writes what it found at baseURL to out. With a tokenURL it goes to
// a consent instead. wantURLs below zero accepts any number.
func run(ctx context.Context, baseURL, tokenURL string, wantURLs int, wantNone bool, in io.Reader, out io.Writer) error {
	if baseURL == "" {
		return errors.New("-base-url is missing")
	}
	s, err := readState(in)
	if err != nil {
		return err
	}
	v := &visitor{baseURL: strings.TrimSuffix(baseURL, "/"), access: s.access}
	if tokenURL != "" {
		return v.consent(ctx, tokenURL, s.outputs, out)
	}
	session, user, err := v.openSession(ctx, s.access.APIKey, "UserPaymentServiceProvider")
	if err != nil {
		return err
	}
	clients, err := v.oauthClients(ctx, session, user)
	if err != nil {
		return err
	}

	active := 0
	var found strings.Builder
	defer func() { _, _ = io.WriteString(out, found.String()) }()
	for _, c := range clients {
		fmt.Fprintf(&found, "    user %d has OAuth client %d, %s, with %d callback URLs\n", user, c.ID, c.Status, len(c.CallbackURLs))
		for _, u := range c.CallbackURLs {
			fmt.Fprintf(&found, "      %s\n", u.URL)
		}
		if c.Status != "ACTIVE" {
			continue
		}
		active++
		if wantURLs >= 0 && len(c.CallbackURLs) != wantURLs {
			return fmt.Errorf("OAuth client %d has %d callback URLs, not %d", c.ID, len(c.CallbackURLs), wantURLs)
		}
	}
	switch {
	case wantNone && active > 0:
		return fmt.Errorf("%d OAuth clients are still active", active)
	case !wantNone && active != 1:
		return fmt.Errorf("%d OAuth clients are active, not 1", active)
	}
	return nil
}
