package bunqsim_test

import (
	"crypto/rsa"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

// Another process with the same file is the same bunq: same objects, same server key, same ids to come.
func TestStateFileSurvivesARestart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "state.json")
	for _, set := range []bunqsim.Settings{{}, {ServerKey: bunqsim.PerProcess}} {
		clock := bunqsim.NewFakeClock(start)
		first := bunqsim.NewTest(t, bunqsim.Config{Clock: clock, StateFile: file, Settings: set, ServerKeys: []*rsa.PrivateKey{testKey(t, 4), testKey(t, 5)}})
		c := newClient(t, first).onboard()
		id := c.addOAuthClient()
		c.addCallback(id, "https://example.com/")
		if _, err := first.AddCallbackURL(id, "https://example.com/2"); err != nil { // changes behind the client's back are kept, too
			t.Fatal(err)
		}
		info, err := os.Stat(file)
		if err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
			t.Fatalf("mode %v, %v", info.Mode(), err)
		}
		second := bunqsim.NewTest(t, bunqsim.Config{Clock: clock, StateFile: file, Settings: set})
		if a, b := first.Snapshot(), second.Snapshot(); !reflect.DeepEqual(a, b) {
			t.Errorf("state differs after the restart")
		}
		c.http.Transport = second.RoundTripper()
		c.ok(c.get("/user"))
		last := c.session
		c.login()
		if c.session != last+1 {
			t.Errorf("session %d after %d", c.session, last)
		}
		c.ok(c.in("PUT", "/oauth-client/"+numberOf(id), `{"status":"CANCELLED"}`))
		if err := second.Wipe(); err != nil {
			t.Fatal(err)
		}
		third := bunqsim.NewTest(t, bunqsim.Config{Clock: clock, StateFile: file, Settings: set})
		if n := len(third.Snapshot().Installations); n != 0 {
			t.Errorf("%d installations after a wipe", n)
		}
		if names, err := os.ReadDir(filepath.Dir(file)); err != nil || len(names) != 1 {
			t.Errorf("files left beside the state: %v, %v", names, err)
		}
	}
}

func numberOf(id int64) string {
	b, err := json.Marshal(id)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// What can't be kept is not done: the client hears of a failure, and nothing of it exists.
func TestUnwritableStateFile(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "d")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "state.json")
	sim := bunqsim.NewTest(t, bunqsim.Config{Clock: bunqsim.NewFakeClock(start), StateFile: file})
	c := newClient(t, sim)
	c.install()
	if err := os.Rename(dir, dir+"2"); err != nil {
		t.Fatal(err)
	}
	c.refused(c.registration(), 500, "An internal error occurred.")
	if n := len(sim.Snapshot().Credentials); n != 0 {
		t.Errorf("%d credentials", n)
	}
	if e := sim.Journal(); e[len(e)-1].Committed {
		t.Error("journal says it was done")
	}
	if err := sim.Wipe(); err == nil || len(sim.Snapshot().Installations) != 1 {
		t.Errorf("wipe: %v, %d installations", err, len(sim.Snapshot().Installations))
	}
	if err := os.Rename(dir+"2", dir); err != nil {
		t.Fatal(err)
	}
	c.register()
}

func TestStateFilesThatAreRefused(t *testing.T) {
	dir := t.TempDir()
	sandboxed := filepath.Join(dir, "sandbox.json")
	bunqsim.NewTest(t, bunqsim.Config{StateFile: sandboxed})
	good, err := os.ReadFile(sandboxed)
	if err != nil {
		t.Fatal(err)
	}
	for rule, tc := range map[string]struct {
		text string
		env  bunqsim.Environment
		want string
	}{
		"another environment": {string(good), bunqsim.Production, `"sandbox"`},
		"not JSON":            {"{", bunqsim.Sandbox, "state file"},
		"a later version":     {strings.Replace(string(good), `"version": 1`, `"version": 2`, 1), bunqsim.Sandbox, "version 2"},
		"unknown fields":      {strings.Replace(string(good), `"version"`, `"x": 1, "version"`, 1), bunqsim.Sandbox, "unknown field"},
		"a broken server key": {strings.Replace(string(good), "PRIVATE KEY", "KEY", 2), bunqsim.Sandbox, "server key"},
	} {
		file := filepath.Join(dir, "x.json")
		if err := os.WriteFile(file, []byte(tc.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := bunqsim.New(bunqsim.Config{Environment: tc.env, StateFile: file}); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: error is %v", rule, err)
		}
		if kept, err := os.ReadFile(file); err != nil || string(kept) != tc.text {
			t.Errorf("%s: the file was changed", rule)
		}
	}
	if _, err := bunqsim.New(bunqsim.Config{StateFile: dir}); err == nil {
		t.Error("a directory is taken as state file")
	}
}

func TestChangesBehindTheBack(t *testing.T) {
	sim, clock := sandbox(t, bunqsim.Settings{})
	c := newClient(t, sim).onboard()
	id, err := sim.CreateOAuthClient(c.user)
	if err != nil {
		t.Fatal(err)
	}
	cb, err := sim.AddCallbackURL(id, "http://not by the rules")
	if err != nil {
		t.Fatal(err)
	}
	clock.Advance(time.Minute)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(sim.EditCallbackURL(cb, "https://example.com/edited"))
	if got := c.oauthClient(id).CallbackURL; len(got) != 1 || got[0].URL != "https://example.com/edited" || got[0].ID != cb {
		t.Errorf("callback URLs %v", got)
	}
	if u := sim.Snapshot().CallbackURLs[0]; !u.Updated.Equal(start.Add(time.Minute)) {
		t.Errorf("updated %v", u.Updated)
	}
	must(sim.DeleteCallbackURL(cb))
	if got := c.oauthClient(id).CallbackURL; len(got) != 0 {
		t.Errorf("callback URLs %v", got)
	}
	must(sim.CancelOAuthClient(id))
	if st := c.oauthClient(id).Status; st != "CANCELLED" {
		t.Errorf("status %s", st)
	}
	second := c.addOAuthClient()
	c.addCallback(second, "https://example.com/")
	must(sim.DeleteOAuthClient(second))
	c.refused(c.in("GET", "/oauth-client/"+numberOf(second), nil), 404, `Oauth client for id "`+numberOf(second)+`" not found.`)
	if s := sim.Snapshot(); len(s.CallbackURLs) != 0 || len(s.OAuthClients) != 1 {
		t.Errorf("%d clients, %d callback URLs", len(s.OAuthClients), len(s.CallbackURLs))
	}
	must(sim.SetPermittedIP(c.credential, "198.51.100.1", bunqsim.PermittedIPActive))
	must(sim.SetPermittedIP(c.credential, home, bunqsim.PermittedIPInactive))
	c.refused(c.get("/user"), 400, textCredentials)
	c.ip = "198.51.100.1"
	c.ok(c.get("/user"))
	must(sim.DeletePermittedIP(c.credential, home))
	if got := addressesOf(sim, c.credential); len(got) != 1 {
		t.Errorf("addresses %q", got)
	}
	for name, err := range map[string]error{
		"client":            sim.CancelOAuthClient(1),
		"gone client":       sim.DeleteOAuthClient(second),
		"callback":          sim.EditCallbackURL(1, "x"),
		"deleted callback":  sim.DeleteCallbackURL(cb),
		"credential":        sim.RevokeCredential(1),
		"device":            sim.SetDeviceStatus(1, bunqsim.DeviceBlocked),
		"device status":     sim.SetDeviceStatus(c.device, "ASLEEP"),
		"address":           sim.SetPermittedIP(1, home, bunqsim.PermittedIPActive),
		"address status":    sim.SetPermittedIP(c.credential, home, "ASLEEP"),
		"deleted address":   sim.DeletePermittedIP(c.credential, home),
		"callback's client": second2(sim.AddCallbackURL(1, "x")),
		"client's user":     second2(sim.CreateOAuthClient(1)),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	sim.ResetJournal()
	if n := len(sim.Journal()); n != 0 {
		t.Errorf("%d entries", n)
	}
}

func second2(_ int64, err error) error { return err }

// A snapshot is a copy: what a test does to it changes nothing, and printing it as JSON shows no
// secret.
func TestSnapshotIsACopyAndHidesItsSecretsInJSON(t *testing.T) {
	sim, _ := sandbox(t, bunqsim.Settings{})
	c := newClient(t, sim).onboard()
	c.addOAuthClient()
	snap := sim.Snapshot()
	text, err := json.Marshal(snap)
	if err != nil {
		t.Fatal(err)
	}
	for name, secret := range secretsOf(snap) {
		if strings.Contains(string(text), secret) {
			t.Errorf("%s is in the JSON", name)
		}
	}
	if snap.Credentials[0].Key != c.apiKey {
		t.Error("the snapshot itself lost the key")
	}
	snap.Credentials[0].Status, snap.Credentials[0].PermittedDevice.IP = "x", "x"
	if k := sim.Snapshot().Credentials[0]; k.Status == "x" || k.PermittedDevice.IP == "x" {
		t.Error("changing the snapshot changed the simulator")
	}
}

func secretsOf(s bunqsim.Snapshot) map[string]string {
	return map[string]string{
		"installation token": s.Installations[0].Token, "API key": s.Credentials[0].Key,
		"session token": s.Sessions[0].Token, "client secret": s.OAuthClients[0].Secret,
	}
}
