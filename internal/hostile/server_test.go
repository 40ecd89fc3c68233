package hostile

import (
	"bufio"
	"crypto/rsa"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/signing"
)

// keys are bunq's and the installation's, made once.
var keys = sync.OnceValue(func() (k struct{ server, client *rsa.PrivateKey }) {
	var err error
	if k.server, err = signing.GenerateKey(); err == nil {
		k.client, err = signing.GenerateKey()
	}
	if err != nil {
		panic(err)
	}
	return k
})

// server answers as bunq does, but for one call, to which it answers as a mode says.
type server struct {
	listener net.Listener
	call     string
	mode     mode
	stop     chan struct{}

	mu       sync.Mutex
	requests []string
}

func serve(t *testing.T, call string, m mode) *server {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{listener: l, call: call, mode: m, stop: make(chan struct{})}
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go s.handle(conn)
		}
	}()
	return s
}

func (s *server) close() {
	close(s.stop)
	_ = s.listener.Close()
}

func (s *server) url() string { return "http://" + s.listener.Addr().String() + "/v1" }

// count returns how often a call came.
func (s *server) count(call string) (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.requests {
		if r == call {
			n++
		}
	}
	return n
}

func (s *server) handle(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	r, err := http.ReadRequest(bufio.NewReader(conn))
	if err != nil {
		return
	}
	_, _ = io.Copy(io.Discard, r.Body)
	call := r.Method + " " + r.URL.Path
	s.mu.Lock()
	s.requests = append(s.requests, call)
	s.mu.Unlock()

	if call == s.call {
		s.mode.answer(&exchange{Conn: conn, request: r, stop: s.stop})
		return
	}
	honest(conn, call)
}

// honest answers as bunq does for a user without an OAuth client.
func honest(w io.Writer, call string) {
	switch call {
	case "POST /v1/session-server":
		signed(w, sessionBody)
	case "GET /v1/user/7":
		signed(w, `{"Response":[`+userBody+`]}`)
	case "GET /v1/user/7/oauth-client":
		signed(w, `{"Response":[],"Pagination":{}}`)
	default:
		reply(w, 404, "application/json", `{"Error":[{"error_description":"Route not found."}]}`)
	}
}

const (
	userBody    = `{"UserPaymentServiceProvider":{"id":7,"status":"ACTIVE","display_name":"Hostile","session_timeout":324000}}`
	sessionBody = `{"Response":[{"Id":{"id":1}},{"Token":{"id":1,"created":"2020-05-18 10:05:14.666005","token":"` +
		"5e550000000000000000000000000000000000000000000000000000000000ab" + `"}},` + userBody + `]}`
)

// reply writes an answer without a signature.
func reply(w io.Writer, status int, contentType, body string, headers ...string) {
	fmt.Fprintf(w, "HTTP/1.1 %d Status\r\nContent-Type: %s\r\nContent-Length: %d\r\nConnection: close\r\n", status, contentType, len(body))
	for _, h := range headers {
		_, _ = io.WriteString(w, h+"\r\n")
	}
	_, _ = io.WriteString(w, "\r\n"+body)
}

// signed writes a 200 with bunq's signature over the body.
func signed(w io.Writer, body string, headers ...string) {
	signature, err := signing.Sign(keys().server, []byte(body))
	if err != nil {
		panic(err)
	}
	reply(w, 200, "application/json", body, append(headers, "X-Bunq-Server-Signature: "+signature)...)
}

// exchange is a request to answer, and the connection to do it with.
type exchange struct {
	net.Conn

	request *http.Request
	stop    chan struct{}
}

// hold waits until the test is over.
func (x *exchange) hold() { <-x.stop }

// drip writes a text for ever, one piece in each interval, until the other side leaves.
func (x *exchange) drip(piece string, interval time.Duration) {
	for {
		if _, err := io.WriteString(x, piece); err != nil {
			return
		}
		select {
		case <-x.stop:
			return
		case <-time.After(interval):
		}
	}
}

// reset ends the connection as a process that dies does.
func (x *exchange) reset() {
	if tcp, ok := x.Conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
}

func repeat(n int, s string) string { return strings.TrimSuffix(strings.Repeat(s+",", n), ",") }
