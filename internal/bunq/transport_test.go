package bunq_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/ratelimit"
	"github.com/openpsd2/terraform-provider-bunq/internal/signing"
)

// dialled gives a UserClient with the client's own transport.
func dialled(t *testing.T, base string, change ...func(*bunq.Config)) *bunq.UserClient {
	t.Helper()
	c := bunq.Config{BaseURL: mustURL(base), Limits: ratelimit.New(nil)}
	for _, f := range change {
		f(&c)
	}
	client, err := bunq.NewClient(c)
	if err != nil {
		t.Fatal(err)
	}
	return client.WithSession(apiContext(), newDesk())
}

func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL + "/v1"
}

func answerSigned(w http.ResponseWriter, body string) {
	signature, err := signing.Sign(serverKey(), []byte(body))
	if err != nil {
		panic(err)
	}
	w.Header().Set("X-Bunq-Server-Signature", signature)
	_, _ = io.WriteString(w, body)
}

func TestTransport_overASocket(t *testing.T) {
	var connections atomic.Int64
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("User-Agent") != "terraform-provider-bunq" || r.Header.Get("Accept-Encoding") != "" {
			t.Errorf("got %v", r.Header)
		}
		answerSigned(w, oauthClientBody)
	}))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			connections.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	u := dialled(t, s.URL+"/v1")
	for range 3 {
		if _, err := u.OAuthClient(t.Context(), 633); err != nil {
			t.Fatal(err)
		}
		if err := u.CancelOAuthClient(t.Context(), 633); err != nil {
			t.Fatal(err)
		}
	}
	if got := connections.Load(); got != 6 {
		t.Errorf("%d connections for 6 requests: one was kept alive", got)
	}
}

// A proxy may write the names of headers in lower case.
func TestTransport_headersInLowerCaseAreFound(t *testing.T) {
	signature, err := signing.Sign(serverKey(), []byte(madeID))
	if err != nil {
		t.Fatal(err)
	}
	base := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["x-bunq-server-signature"] = []string{signature}
		_, _ = io.WriteString(w, madeID)
	})
	if _, err := dialled(t, base).CreateOAuthClient(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestTransport_followsNoRedirect(t *testing.T) {
	var stolen atomic.Int64
	evil := serve(t, func(http.ResponseWriter, *http.Request) { stolen.Add(1) })
	for _, status := range []int{301, 302, 303, 307, 308} {
		u := dialled(t, serve(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, evil, status) }))
		_, err := u.CreateOAuthClient(t.Context())
		var e *bunq.APIError
		if !errorsAs(err, &e) || e.Status != status {
			t.Errorf("%d: got %v", status, err)
		}
	}
	if stolen.Load() != 0 {
		t.Error("the token went to another host")
	}
}

// The certainty that nothing was sent is what lets a POST be repeated.
func TestTransport_knowsWhatWasSent(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	refusing := "http://" + closed.Addr().String() + "/v1"
	_ = closed.Close()

	hangup := func(after int) string {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = l.Close() })
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				_, _ = io.ReadFull(c, make([]byte, after))
				_ = c.Close()
			}
		}()
		return "http://" + l.Addr().String() + "/v1"
	}
	for name, c := range map[string]struct {
		base string
		sent bool
	}{
		"nobody listens":                      {refusing, false},
		"a name that does not exist":          {"https://bank.invalid/v1", false},
		"closed as soon as it was accepted":   {hangup(0), true},
		"closed in the middle of the request": {hangup(50), true},
		"closed in the middle of the answer": {serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, "{")
		}), true},
		"an answer that is longer than allowed": {serve(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 10<<20+1)) }), true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u := dialled(t, c.base, func(c *bunq.Config) { c.MaxWait = someAttempts })
			_, err := u.CreateOAuthClient(t.Context())
			var e *bunq.TransportError
			if !errorsAs(err, &e) || e.Sent != c.sent || bunq.OutcomeUnknown(err) != c.sent {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestTransport_ofOthersIsNotTakenForSilent(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		sent bool
	}{
		"an error of dialling":         {errDial, false},
		"an error that says nothing":   {errors.New("broken"), true},
		"an error of a connection":     {errReset, true},
		"an error of a wrapped dialer": {fmt.Errorf("proxy: %w", errDial), false},
	} {
		t.Run(name, func(t *testing.T) {
			u, _ := signedIn(t, always(reply{err: c.err}), func(c *bunq.Config) { c.MaxWait = oneAttempt })
			_, err := u.CreateOAuthClient(t.Context())
			var e *bunq.TransportError
			if !errorsAs(err, &e) || e.Sent != c.sent || !errors.Is(err, c.err) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestTransport_cancelledDuringAnExchange(t *testing.T) {
	for name, begin := range map[string]string{"before the answer": "", "in the middle of it": "{"} {
		t.Run(name, func(t *testing.T) {
			arrived := make(chan struct{})
			u := dialled(t, serve(t, func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(io.Discard, r.Body) // only then the server notices that the client has gone
				if begin != "" {
					_, _ = io.WriteString(w, begin)
					_ = http.NewResponseController(w).Flush()
				}
				close(arrived)
				<-r.Context().Done()
			}))
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			left := make(chan time.Time, 1)
			go func() {
				<-arrived
				left <- time.Now()
				cancel()
			}()
			_, err := u.CreateOAuthClient(ctx)
			// At once; the rest is for a busy machine. synctest measures the other waits exactly.
			if d := time.Since(<-left); d > time.Second {
				t.Errorf("it took %v", d)
			}
			if !errors.Is(err, context.Canceled) || !bunq.OutcomeUnknown(err) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestTransport_trustsNoStrangerAndNoOldTLS(t *testing.T) {
	for name, c := range map[string]struct {
		tls  *tls.Config
		says string
	}{
		"a certificate of nobody": {&tls.Config{MinVersion: tls.VersionTLS12}, "certificate"},
		"TLS 1.1":                 {&tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}, "protocol version"},
	} {
		t.Run(name, func(t *testing.T) {
			var asked atomic.Int64
			s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
			s.TLS = c.tls
			s.Config.ErrorLog = log.New(io.Discard, "", 0)
			s.StartTLS()
			t.Cleanup(s.Close)
			u := dialled(t, s.URL+"/v1", func(c *bunq.Config) { c.MaxWait = someAttempts })
			_, err := u.CreateOAuthClient(t.Context())
			if err == nil || asked.Load() != 0 || !strings.Contains(err.Error(), c.says) || bunq.OutcomeUnknown(err) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// A certificate does not get better with time.
func TestTransport_aStrangerIsNotAskedAgain(t *testing.T) {
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	u := dialled(t, s.URL+"/v1")
	_, err := u.OAuthClient(t.Context(), 1)
	var e *bunq.TransportError
	if !errorsAs(err, &e) || e.Attempts != 1 || e.Sent {
		t.Errorf("got %v", err)
	}
}

// net/http sends over HTTP/2 a second time by itself what the server refused.
func TestTransport_doesNotSpeakHTTP2(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ProtoMajor != 1 {
			t.Errorf("a request over %s", r.Proto)
		}
		answerSigned(w, oauthClientBody)
	}))
	s.EnableHTTP2 = true
	s.StartTLS()
	t.Cleanup(s.Close)
	transport := bunq.NewTransport(false, nil)
	transport.TLSClientConfig.RootCAs = s.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	u := dialled(t, s.URL+"/v1", func(c *bunq.Config) { c.Transport = transport })
	if _, err := u.OAuthClient(t.Context(), 633); err != nil {
		t.Error(err)
	}
}

// What stands between must not be able to fill the memory with headers.
func TestTransport_refusesEndlessHeaders(t *testing.T) {
	u := dialled(t, serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Long", strings.Repeat("x", 2<<20))
		answerSigned(w, madeID)
	}))
	if _, err := u.CreateOAuthClient(t.Context()); err == nil || !bunq.OutcomeUnknown(err) {
		t.Errorf("got %v", err)
	}
}

const proxyVariable = "BUNQ_TEST_THROUGH_A_PROXY"

// Where a company lets nothing out but through its proxy, HTTPS_PROXY leads there.
// net/http reads it once in a process, so this is one of its own.
func TestTransport_goesThroughTheProxy(t *testing.T) {
	if os.Getenv(proxyVariable) != "" {
		u := dialled(t, "https://bank.test/v1", func(c *bunq.Config) { c.MaxWait = time.Second })
		_, _ = u.OAuthClient(t.Context(), 633) // what it returns depends on the proxy
		return
	}

	var asked atomic.Pointer[string]
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		what := r.Method + " " + r.Host
		asked.Store(&what)
		w.WriteHeader(http.StatusForbidden)
	}))
	t.Cleanup(proxy.Close)
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
	child.Env = append(os.Environ(), proxyVariable+"=1", "HTTPS_PROXY="+proxy.URL, "NO_PROXY=")
	if out, err := child.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	if got := asked.Load(); got == nil || *got != "CONNECT bank.test:443" {
		t.Errorf("the proxy was asked for %v", got)
	}
}

// onlyOnce is a transport that looks at what it is given, and at what is done with its answer.
type onlyOnce struct {
	repeatable bool
	closed     bool
	status     int
}

func (o *onlyOnce) RoundTrip(r *http.Request) (*http.Response, error) {
	o.repeatable = r.GetBody != nil
	body := struct {
		io.Reader
		io.Closer
	}{strings.NewReader(madeID), closer(func() { o.closed = true })}
	return &http.Response{StatusCode: o.status, Header: http.Header{}, Body: body, Request: r}, nil
}

type closer func()

func (c closer) Close() error { c(); return nil }

// No transport may send a write a second time by itself, and no answer keeps its
// connection.
func TestSend_givesTheBodyOnceAndClosesTheAnswer(t *testing.T) {
	for _, status := range []int{200, 400} {
		o := &onlyOnce{status: status}
		u := dialled(t, "https://bank.test/v1", func(c *bunq.Config) { c.Transport = o })
		_, _ = u.CreateOAuthClient(t.Context()) // refused, or without a signature
		if o.repeatable || !o.closed {
			t.Errorf("%d: the body can be sent again: %v, the answer is closed: %v", status, o.repeatable, o.closed)
		}
	}
}

// A certificate of an authority that is not trusted ends the call at once, before anything
// is sent; with that authority among the roots the call works.
func TestTransport_roots(t *testing.T) {
	t.Parallel()
	calls := atomic.Int64{}
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		calls.Add(1)
		answerSigned(w, oauthClientBody)
	}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	defer s.Close()

	_, err := dialled(t, s.URL+"/v1").OAuthClient(t.Context(), 633)
	var unknown *tls.CertificateVerificationError
	if !errors.As(err, &unknown) || !bunq.NeverSent(err) || calls.Load() > 0 {
		t.Errorf("got %v after %d calls", err, calls.Load())
	}

	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	if _, err := dialled(t, s.URL+"/v1", func(c *bunq.Config) { c.Roots = roots }).OAuthClient(t.Context(), 633); err != nil {
		t.Error(err)
	}
}

// TLS 1.2 is the least, and 1.3 is used where the other side has it.
func TestTransport_versionsOfTLS(t *testing.T) {
	t.Parallel()
	for most, want := range map[uint16]uint32{tls.VersionTLS11: 0, tls.VersionTLS12: tls.VersionTLS12, tls.VersionTLS13: tls.VersionTLS13} {
		var got atomic.Uint32
		s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			got.Store(uint32(r.TLS.Version))
			answerSigned(w, oauthClientBody)
		}))
		s.Config.ErrorLog = log.New(io.Discard, "", 0)
		s.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: most} //nolint:gosec // what a server may still have
		s.StartTLS()
		roots := x509.NewCertPool()
		roots.AddCert(s.Certificate())
		limit := time.Minute // a handshake takes its time on a busy machine
		if want == 0 {
			limit = oneAttempt // the refused one is repeated until the limit
		}
		change := func(c *bunq.Config) { c.Roots, c.MaxWait = roots, limit }
		_, err := dialled(t, s.URL+"/v1", change).OAuthClient(t.Context(), 633)
		s.Close()
		if got.Load() != want || (err == nil) != (want != 0) {
			t.Errorf("a server of at most %x: version %x, %v", most, got.Load(), err)
		}
	}
}
