package bunq

import (
	"context"
	"errors"
	"net"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// pipe is a connection to an address of which only the family matters.
type pipe struct {
	net.Conn
	to     net.IP
	closed func()
}

func (p pipe) RemoteAddr() net.Addr { return &net.TCPAddr{IP: p.to, Port: 443} }
func (p pipe) Close() error         { p.closed(); return nil }

// twoFamilies is a network with both, where the n-th open dial ("tcp") reaches the
// n-th family of first, after that many seconds.
type twoFamilies struct {
	first []string

	mu     sync.Mutex
	asked  []string
	closed int
}

func (n *twoFamilies) connect(_ context.Context, network, _ string) (net.Conn, error) {
	n.mu.Lock()
	n.asked = append(n.asked, network)
	if network == "tcp" {
		i := 0
		for _, asked := range n.asked[:len(n.asked)-1] {
			if asked == "tcp" {
				i++
			}
		}
		network = n.first[min(i, len(n.first)-1)]
		n.mu.Unlock()
		time.Sleep(time.Duration(i+1) * time.Second)
		n.mu.Lock()
	}
	defer n.mu.Unlock()

	to := map[string]net.IP{"tcp4": net.IPv4(192, 0, 2, 1), "tcp6": net.ParseIP("2001:db8::1")}[network]
	if to == nil {
		return nil, errors.New("no such family")
	}
	return pipe{to: to, closed: func() { n.mu.Lock(); defer n.mu.Unlock(); n.closed++ }}, nil
}

func TestDialer_keepsToTheFamilyOfTheFirstConnection(t *testing.T) {
	for _, family := range []string{"tcp4", "tcp6"} {
		t.Run(family, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				other := map[string]string{"tcp4": "tcp6", "tcp6": "tcp4"}[family]
				n := &twoFamilies{first: []string{family, other}}
				d := &dialer{connect: n.connect}
				for i := range 5 {
					conn, err := d.dial(t.Context(), "tcp", "bunq.test:443")
					if err != nil || familyOf(conn) != family {
						t.Errorf("connection %d: %v, %v", i, conn, err)
					}
				}
				if want := []string{"tcp", family, family, family, family}; !slices.Equal(n.asked, want) {
					t.Errorf("asked for %v, want %v", n.asked, want)
				}
			})
		})
	}
}

// Where the first connections are made at once, all keep to the one that was fastest.
func TestDialer_firstConnectionsAtOnceAgree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &twoFamilies{first: []string{"tcp4", "tcp6", "tcp4", "tcp6"}}
		d := &dialer{connect: n.connect}
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				conn, err := d.dial(t.Context(), "tcp", "bunq.test:443")
				if err != nil || familyOf(conn) != "tcp4" {
					t.Errorf("%v, %v", conn, err)
				}
			})
		}
		wg.Wait()
		if n.closed != 2 {
			t.Errorf("%d connections were closed, want the two over the other family", n.closed)
		}
	})
}

// A family over which nothing was reached is not the one of the run.
func TestDialer_aFailureChoosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &twoFamilies{first: []string{"none", "tcp6"}}
		d := &dialer{connect: n.connect}
		if _, err := d.dial(t.Context(), "tcp", "bunq.test:443"); err == nil {
			t.Fatal("connected")
		}
		conn, err := d.dial(t.Context(), "tcp", "bunq.test:443")
		if err != nil || familyOf(conn) != "tcp6" {
			t.Errorf("%v, %v", conn, err)
		}
	})
}

// A host that swallows packets costs an attempt ten seconds, not the minutes that the
// system would try.
func TestDialer_givesUpAfterTenSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDialer(false)
		d.connect = func(ctx context.Context, _, _ string) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		begun := time.Now()
		if _, err := d.dial(t.Context(), "tcp", "bank.test:443"); err == nil {
			t.Error("connected to nothing")
		}
		if took := time.Since(begun); took != 10*time.Second {
			t.Errorf("it took %v", took)
		}
	})
}

// The name localhost may lead anywhere: what counts over http is the address.
func TestDialer_plainHTTPStaysOnThisMachine(t *testing.T) {
	t.Parallel()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()

	for address, reachable := range map[string]bool{
		l.Addr().String(): true, "192.0.2.1:80": false, "[2001:db8::1]:80": false, "0.0.0.0:80": false,
	} {
		begun := time.Now()
		conn, err := newDialer(true).dial(t.Context(), "tcp", address)
		if reachable && err != nil || !reachable && !errors.Is(err, errUnsendable) {
			t.Errorf("%s: %v", address, err)
		}
		if conn != nil {
			_ = conn.Close()
		}
		if time.Since(begun) > connectTimeout/2 {
			t.Errorf("%s: a connection was tried", address)
		}
	}
}

// A client with http uses that dialer.
func TestNewClient_plainHTTPStaysOnThisMachine(t *testing.T) {
	t.Parallel()
	for text, kept := range map[string]bool{"http://localhost:1/v1": true, "https://192.0.2.1:1/v1": false} {
		base, err := ParseBaseURL(text)
		if err != nil {
			t.Fatal(err)
		}
		c, err := NewClient(Config{BaseURL: base})
		if err != nil {
			t.Fatal(err)
		}
		transport, ok := c.config.Transport.(*http.Transport)
		if !ok {
			t.Fatalf("got %T", c.config.Transport)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		_, err = transport.DialContext(ctx, "tcp", "192.0.2.1:80")
		cancel()
		if errors.Is(err, errUnsendable) != kept {
			t.Errorf("%s: %v", text, err)
		}
	}
}
