package bunqsim

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Handler returns the simulator as an HTTP handler. The API is below /v1, the pages of the end user
// and the token endpoint beside it. A fault that ends the connection makes it panic with
// http.ErrAbortHandler, which net/http's server understands.
func (s *Sim) Handler() http.Handler { return http.HandlerFunc(s.serve) }

func (s *Sim) serve(w http.ResponseWriter, r *http.Request) {
	a := s.exchange(r)
	if a.ending != endAnswered && a.ending != endTruncated {
		panic(http.ErrAbortHandler) // how a handler ends its connection
	}
	for k, v := range a.header {
		w.Header()[k] = v
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	w.WriteHeader(a.status)
	body := a.body
	if a.ending == endTruncated {
		body = body[:len(body)/2]
	}
	_, err := w.Write(body)
	_ = http.NewResponseController(w).Flush() // what follows is not for the client to wait for
	if err != nil || a.ending == endTruncated {
		panic(http.ErrAbortHandler)
	}
	s.Deliver(context.WithoutCancel(r.Context()))
}

func statusLine(status int) string {
	text := http.StatusText(status)
	if text == "" {
		text = "status code " + strconv.Itoa(status)
	}
	return strconv.Itoa(status) + " " + text
}

// Server serves a simulator, or its management interface, over plain HTTP.
type Server struct {
	sim      *Sim
	addr     *net.TCPAddr
	handler  http.Handler
	manages  bool // the management interface
	anywhere bool

	mu     sync.Mutex
	http   *http.Server // nil while refusing or closed
	done   chan struct{}
	halt   context.CancelFunc // ends the retries of notifications
	closed bool
}

// Start serves sim on a free port of 127.0.0.1.
func Start(sim *Sim) (*Server, error) { return Listen(sim, "127.0.0.1:0") }

// ListenOption changes a Listen.
type ListenOption func(*Server)

// Anywhere takes addresses beyond loopback: in a container nothing else can be reached. Whoever
// reaches the port gets keys over plain HTTP.
func Anywhere() ListenOption { return func(srv *Server) { srv.anywhere = true } }

// Management serves Sim.Manage instead of bunq's API.
func Management() ListenOption {
	return func(srv *Server) { srv.handler, srv.manages = srv.sim.Manage(), true }
}

// Listen serves sim on addr. It refuses every address that isn't loopback, but with Anywhere: the
// simulator hands out keys over plain HTTP.
func Listen(sim *Sim, addr string, opts ...ListenOption) (*Server, error) {
	tcp, err := net.ResolveTCPAddr("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("bunqsim: %w", err)
	}
	srv := &Server{sim: sim, addr: tcp, handler: sim.Handler()}
	for _, o := range opts {
		o(srv)
	}
	if !srv.anywhere && !tcp.IP.IsLoopback() {
		return nil, fmt.Errorf("bunqsim: %s is not a loopback address: the simulator hands out secrets over plain HTTP and serves this machine only; use 127.0.0.1, or -listen-anywhere in a container", addr)
	}
	return srv, srv.open()
}

// open listens and serves. Under srv.mu, or before anyone else knows srv.
func (srv *Server) open() error {
	l, err := net.ListenTCP("tcp", srv.addr)
	if err != nil {
		return fmt.Errorf("bunqsim: %w", err)
	}
	srv.addr.Port = l.Addr().(*net.TCPAddr).Port //nolint:forcetypeassert // what ListenTCP returns
	hs := &http.Server{Handler: srv.handler, ReadHeaderTimeout: 10 * time.Second}
	done := make(chan struct{})
	ctx, halt := context.WithCancel(context.Background())
	var both sync.WaitGroup
	both.Go(func() { _ = hs.Serve(l) }) // ends with Close or Shutdown
	if !srv.manages {
		both.Go(func() { srv.sim.deliverRetries(ctx) })
	}
	go func() {
		defer close(done)
		both.Wait()
	}()
	srv.http, srv.done, srv.halt = hs, done, halt
	return nil
}

// BaseURL is what a client takes as bunq's address: http://127.0.0.1:PORT/v1.
func (srv *Server) BaseURL() string { return "http://" + srv.Addr() + basePath }

// AuthorizeURL is where a person's browser is sent: the authorisation page.
func (srv *Server) AuthorizeURL() string { return "http://" + srv.Addr() + authorizePath }

// TokenURL is where an authorisation code is traded for an access token.
func (srv *Server) TokenURL() string { return "http://" + srv.Addr() + tokenPath }

// ConnectionsURL is where a person sees what was allowed, and withdraws it.
func (srv *Server) ConnectionsURL() string { return "http://" + srv.Addr() + connectionsPath }

// ManageURL is where the management interface is, of a Server that was made with Management.
func (srv *Server) ManageURL() string { return "http://" + srv.Addr() }

// Addr is host and port. Where all addresses are listened on, it is that of this machine.
func (srv *Server) Addr() string {
	if srv.addr.IP == nil || srv.addr.IP.IsUnspecified() {
		return net.JoinHostPort("127.0.0.1", strconv.Itoa(srv.addr.Port))
	}
	return srv.addr.String()
}

// Refuse closes the listener and all connections: clients get "connection refused" until Accept.
func (srv *Server) Refuse() error {
	srv.mu.Lock()
	defer srv.mu.Unlock()
	return srv.stop(func(hs *http.Server) error { return hs.Close() })
}

// Accept listens again, on the same port.
func (srv *Server) Accept() error {
	srv.mu.Lock()
	defer srv.mu.Unlock()
	if srv.closed {
		return errors.New("bunqsim: server is closed")
	}
	if srv.http != nil {
		return nil
	}
	return srv.open()
}

// Close ends the server and all its connections at once. It may be called more than once.
func (srv *Server) Close() error {
	srv.mu.Lock()
	defer srv.mu.Unlock()
	srv.closed = true
	return srv.stop(func(hs *http.Server) error { return hs.Close() })
}

// Shutdown ends the server when the requests under way have been answered, or ctx is done.
func (srv *Server) Shutdown(ctx context.Context) error {
	srv.mu.Lock()
	defer srv.mu.Unlock()
	srv.closed = true
	return srv.stop(func(hs *http.Server) error {
		err := hs.Shutdown(ctx)
		if err != nil {
			_ = hs.Close()
		}
		return err
	})
}

func (srv *Server) stop(how func(*http.Server) error) error {
	if srv.http == nil {
		return nil
	}
	err := how(srv.http)
	srv.halt()
	<-srv.done
	srv.http = nil
	return err
}
