package consent_test

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
)

// screenshots are looked at by a person; the test only sees whether the page can be used.
var screenshots = flag.String("screenshots", "", "write screenshots of the authorisation page into this folder")

// chromium is a headless browser with one tab, driven over its debugging pipe: the standard library
// is enough for that.
type chromium struct {
	to      *os.File
	from    *os.File
	answers *bufio.Reader
	tab     string
	calls   int
	loads   int // pages that have been loaded and not been waited for
}

// newChromium starts the browser, trusting the certificate of app. Where there is none the test is
// skipped.
func newChromium(t *testing.T, app *application) *chromium {
	t.Helper()
	program := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			program = path
			break
		}
	}
	if program == "" {
		acctest.MissingTool(t, "chromium is not installed (scripts/test-tools.sh): the page was opened without a real browser only")
	}
	// Not t.TempDir(): the browser's last processes may still write there when it has ended.
	dir, err := os.MkdirTemp("", "consent-") //nolint:usetesting // see above
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	theirs, to := pipe(t)
	from, theirAnswers := pipe(t)
	key := sha256.Sum256(app.server.Certificate().RawSubjectPublicKeyInfo)
	// The test's own context ends before its clean-up, in which the browser is asked to end.
	ctx, kill := context.WithTimeout(context.Background(), 2*time.Minute)
	command := exec.CommandContext(ctx, program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--user-data-dir="+filepath.Join(dir, "profile"),
		"--ignore-certificate-errors-spki-list="+base64.StdEncoding.EncodeToString(key[:]), "--remote-debugging-pipe", "about:blank")
	command.Env = append(os.Environ(), "HOME="+dir, "XDG_CONFIG_HOME="+dir, "XDG_CACHE_HOME="+dir)
	command.ExtraFiles = []*os.File{theirs, theirAnswers} // 3 and 4, as the pipe is defined
	var said strings.Builder
	command.Stderr = &said
	command.WaitDelay = 5 * time.Second
	if err := command.Start(); err != nil {
		kill()
		t.Fatal(err)
	}
	_, _ = theirs.Close(), theirAnswers.Close()
	c := &chromium{to: to, from: from, answers: bufio.NewReader(from)}
	t.Cleanup(func() {
		if t.Failed() && said.Len() > 0 {
			t.Logf("chromium said:\n%s", said.String())
		}
	})
	t.Cleanup(func() {
		defer kill()
		_ = c.send("Browser.close", nil)
		if err := command.Wait(); err != nil {
			t.Logf("chromium ended with: %v", err)
		}
	})

	var target struct{ TargetID, SessionID string }
	c.do(t, "Target.createTarget", fields{"url": "about:blank"}, &target)
	c.do(t, "Target.attachToTarget", fields{"targetId": target.TargetID, "flatten": true}, &target)
	c.tab = target.SessionID
	c.do(t, "Page.enable", nil, nil)
	c.do(t, "Emulation.setScriptExecutionDisabled", fields{"value": true}, nil)
	return c
}

func pipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = r.Close(), w.Close() })
	return r, w
}

type fields map[string]any

// do sends a command of the DevTools protocol and waits for its result.
func (c *chromium) do(t *testing.T, method string, params fields, result any) {
	t.Helper()
	if err := c.send(method, params); err != nil {
		t.Fatalf("chromium: %s: %v", method, err)
	}
	for {
		m := c.read(t)
		if m.ID != c.calls {
			continue
		}
		if m.Error.Message != "" {
			t.Fatalf("chromium: %s: %s", method, m.Error.Message)
		}
		if result != nil {
			if err := json.Unmarshal(m.Result, result); err != nil {
				t.Fatalf("chromium: %s: %v", method, err)
			}
		}
		return
	}
}

func (c *chromium) send(method string, params fields) error {
	c.calls++
	message := fields{"id": c.calls, "method": method}
	if params != nil {
		message["params"] = params
	}
	if c.tab != "" && !strings.HasPrefix(method, "Browser.") {
		message["sessionId"] = c.tab
	}
	raw, err := json.Marshal(message)
	if err != nil {
		return err
	}
	_, err = c.to.Write(append(raw, 0))
	return err
}

type message struct {
	ID     int
	Method string
	Result json.RawMessage
	Error  struct{ Message string }
}

// read returns the next message, and counts pages that were loaded.
func (c *chromium) read(t *testing.T) message {
	t.Helper()
	if err := c.from.SetReadDeadline(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	raw, err := c.answers.ReadBytes(0)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatal("chromium has not answered for a minute")
	}
	if err != nil {
		t.Fatalf("chromium: %v", err)
	}
	var m message
	if err := json.Unmarshal(raw[:len(raw)-1], &m); err != nil {
		t.Fatal(err)
	}
	if m.Method == "Page.loadEventFired" {
		c.loads++
	}
	return m
}

// loaded waits for a page.
func (c *chromium) loaded(t *testing.T) {
	t.Helper()
	for c.loads == 0 {
		c.read(t)
	}
	c.loads = 0
}

func (c *chromium) open(t *testing.T, address string) {
	t.Helper()
	c.loads = 0
	var result struct{ ErrorText string }
	c.do(t, "Page.navigate", fields{"url": address}, &result)
	if result.ErrorText != "" {
		t.Fatalf("chromium cannot open the page: %s", result.ErrorText)
	}
	c.loaded(t)
}

// see evaluates what a person sees. The page's own scripts are switched off.
func (c *chromium) see(t *testing.T, expression string, into any) {
	t.Helper()
	var answer struct {
		Result           struct{ Value json.RawMessage }
		ExceptionDetails any
	}
	c.do(t, "Runtime.evaluate", fields{"expression": expression, "returnByValue": true}, &answer)
	if answer.ExceptionDetails != nil {
		t.Fatalf("chromium: %s: %v", expression, answer.ExceptionDetails)
	}
	if err := json.Unmarshal(answer.Result.Value, into); err != nil {
		t.Fatalf("chromium: %s: %v", expression, err)
	}
}

// click presses the mouse on the one element whose text begins with a word.
func (c *chromium) click(t *testing.T, selector, word string) {
	t.Helper()
	var at []float64
	c.see(t, fmt.Sprintf(`(() => {
		const e = [...document.querySelectorAll(%q)].find(e => e.innerText.startsWith(%q));
		if (!e) return [];
		e.scrollIntoView();
		const r = e.getBoundingClientRect();
		return [r.x + r.width / 2, r.y + r.height / 2];
	})()`, selector, word), &at)
	if len(at) != 2 {
		t.Fatalf("the page has no %s that begins with %q", selector, word)
	}
	for _, kind := range []string{"mousePressed", "mouseReleased"} {
		c.do(t, "Input.dispatchMouseEvent", fields{"type": kind, "x": at[0], "y": at[1], "button": "left", "clickCount": 1}, nil)
	}
}

// fits puts the page into a window of some width and in some colours, and fails where it does not fit.
func (c *chromium) fits(t *testing.T, name string, width int, colours string) {
	t.Helper()
	c.do(t, "Emulation.setDeviceMetricsOverride", fields{"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": false}, nil)
	c.do(t, "Emulation.setEmulatedMedia", fields{"features": []fields{{"name": "prefers-color-scheme", "value": colours}}}, nil)
	var inner int
	c.see(t, "document.documentElement.scrollWidth", &inner)
	if inner > width {
		t.Errorf("%s, %s: the page is %d wide in a window of %d", name, colours, inner, width)
	}
	if *screenshots == "" {
		return
	}
	var shot struct{ Data []byte }
	c.do(t, "Page.captureScreenshot", fields{"captureBeyondViewport": true}, &shot)
	path := filepath.Join(*screenshots, fmt.Sprintf("%s-%s-%d.png", name, colours, width))
	if err := os.WriteFile(path, shot.Data, 0o600); err != nil {
		t.Fatal(err)
	}
}
