package bunq

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"syscall"
)

// dialer makes all connections of a run over one family of addresses, IPv4 or IPv6:
// that of the first connection. bunq binds an API key to the address that it sees
// (DOCUMENTED), so it would refuse some calls of a machine that uses both.
type dialer struct {
	connect func(ctx context.Context, network, address string) (net.Conn, error)

	mu     sync.Mutex
	family string // "tcp4" or "tcp6"; "" until the first connection
}

func newDialer(plain bool) *dialer {
	// Without its race between the families, net.Dialer tries the addresses in the
	// order of the system. Which one is faster differs from run to run.
	d := net.Dialer{FallbackDelay: -1}
	if plain {
		d.Control = loopbackOnly
	}
	return &dialer{connect: d.DialContext}
}

// loopbackOnly is asked before each connection over plain http, with the address that the
// name led to: where /etc/hosts has no localhost, a resolver is asked for it, and may
// name another machine.
func loopbackOnly(_, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil || !to.Addr().IsLoopback() {
		return fmt.Errorf("%w: base_url has http, and its host is %s here, which is not this machine", errUnsendable, address)
	}
	return nil
}

// dial connects within connectTimeout.
func (d *dialer) dial(ctx context.Context, network, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, connectTimeout)
	defer cancel()
	if known := d.choose(""); known != "" {
		return d.connect(ctx, known, address)
	}

	conn, err := d.connect(ctx, network, address)
	if err != nil {
		return nil, err
	}
	used := familyOf(conn)
	chosen := d.choose(used)
	if chosen == used {
		return conn, nil
	}

	// Another first connection was faster, over the other family.
	_ = conn.Close() // nothing was sent on it
	return d.connect(ctx, chosen, address)
}

// choose sets the family of the run if there is none yet, and returns the run's.
func (d *dialer) choose(family string) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.family == "" {
		d.family = family
	}
	return d.family
}

// familyOf returns the network ("tcp4" or "tcp6") of a connection.
func familyOf(conn net.Conn) string {
	if to, ok := conn.RemoteAddr().(*net.TCPAddr); ok && to.IP.To4() == nil {
		return "tcp6"
	}
	return "tcp4"
}
