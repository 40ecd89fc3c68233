package bunqsim

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"syscall"
)

// RoundTripper returns a transport that reaches the simulator in-process, for any scheme and host.
// Requests come from 127.0.0.1, from WithClientIP's address, or from the one of FromIP. It behaves
// as net/http's transport would, including the calls of net/http/httptrace that report whether a
// request was sent; but it adds no User-Agent of its own.
func (s *Sim) RoundTripper(opts ...TransportOption) http.RoundTripper {
	t := &transport{sim: s, remote: "127.0.0.1"}
	for _, o := range opts {
		o(t)
	}
	return t
}

// TransportOption changes a RoundTripper.
type TransportOption func(*transport)

// FromIP makes all requests of a RoundTripper come from ip.
func FromIP(ip string) TransportOption { return func(t *transport) { t.remote = ip } }

type transport struct {
	sim    *Sim
	remote string
}

// RoundTrip implements http.RoundTripper.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	body := r.Body
	if body == nil {
		body = http.NoBody
	}
	defer func() { _ = body.Close() }()
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	trace := httptrace.ContextClientTrace(r.Context())
	if trace == nil {
		trace = &httptrace.ClientTrace{}
	}
	in := r.Clone(r.Context())
	in.Body = body
	in.RemoteAddr = net.JoinHostPort(t.remote, "50000")
	connected(trace, r)
	sent := &watched{ReadCloser: body}
	in.Body = sent
	a := t.sim.exchange(in)
	defer t.sim.Deliver(context.WithoutCancel(r.Context()))
	if a.ending == endRefused {
		err := &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
		if trace.ConnectDone != nil {
			trace.ConnectDone("tcp", r.URL.Host, err)
		}
		return nil, err
	}
	wrote(trace)
	switch a.ending {
	case endGaveUp:
		if err := r.Context().Err(); err != nil {
			return nil, err
		}
		return nil, sent.err // the request's own body failed
	case endDropped:
		return nil, &net.OpError{Op: "read", Net: "tcp", Err: syscall.ECONNRESET}
	}
	if trace.GotFirstResponseByte != nil {
		trace.GotFirstResponseByte()
	}
	return response(r, a), nil
}

// watched remembers why the body could not be read.
type watched struct {
	io.ReadCloser
	err error
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.ReadCloser.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		w.err = err
	}
	return n, err
}

func connected(trace *httptrace.ClientTrace, r *http.Request) {
	if trace.GetConn != nil {
		trace.GetConn(r.URL.Host)
	}
	if trace.ConnectStart != nil {
		trace.ConnectStart("tcp", r.URL.Host)
	}
}

func wrote(trace *httptrace.ClientTrace) {
	if trace.GotConn != nil {
		trace.GotConn(httptrace.GotConnInfo{})
	}
	if trace.WroteHeaders != nil {
		trace.WroteHeaders()
	}
	if trace.WroteRequest != nil {
		trace.WroteRequest(httptrace.WroteRequestInfo{})
	}
}

func response(r *http.Request, a *answer) *http.Response {
	out := &http.Response{
		Status: statusLine(a.status), StatusCode: a.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: a.header.Clone(), ContentLength: int64(len(a.body)), Request: r,
	}
	var body io.Reader = bytes.NewReader(a.body)
	if a.ending == endTruncated {
		body = io.MultiReader(bytes.NewReader(a.body[:len(a.body)/2]), broken{})
	}
	out.Body = io.NopCloser(body)
	if r.URL.Scheme == "https" {
		out.TLS = &tls.ConnectionState{Version: tls.VersionTLS13, HandshakeComplete: true}
	}
	return out
}

// broken is the end of a connection in the middle of a body.
type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
