package probe

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"
)

// SandboxURL is the address of bunq's sandbox.
const SandboxURL = "https://public-api.sandbox.bunq.com/v1"

const sandboxHost = "public-api.sandbox.bunq.com"

// ErrNoConsent is the answer to a run without BUNQ_SANDBOX=1.
var ErrNoConsent = errors.New("this registers users, keys and clients at a bunq sandbox, which cannot be removed there: " +
	"set BUNQ_SANDBOX=1 to say that you want that; nothing has been sent")

// CheckAddress returns the address to ask: base as BUNQ_BASE_URL has it, or bunq's sandbox where it
// is empty. consent is the value of BUNQ_SANDBOX. It refuses every host that is neither bunq's
// sandbox nor loopback.
func CheckAddress(base, consent string) (string, error) {
	if consent != "1" {
		return "", ErrNoConsent
	}
	if base == "" {
		return SandboxURL, nil
	}
	u, err := url.Parse(base)
	if err != nil || u.User != nil || u.RawQuery != "" || u.Fragment != "" || u.Opaque != "" {
		return "", errors.New("BUNQ_BASE_URL is not a plain address such as " + SandboxURL + "; nothing has been sent")
	}
	if u.Path = strings.TrimSuffix(u.Path, "/"); !strings.HasSuffix(u.Path, "/v1") {
		return "", errors.New("BUNQ_BASE_URL must end in the version path /v1; nothing has been sent")
	}

	host := strings.ToLower(u.Hostname())
	switch {
	case host == sandboxHost && u.Scheme == "https" && (u.Port() == "" || u.Port() == "443"):
		return u.String(), nil
	case isLoopback(host) && (u.Scheme == "http" || u.Scheme == "https"):
		return u.String(), nil
	case host == sandboxHost:
		return "", errors.New("bunq's sandbox is asked over https on its own port only; nothing has been sent")
	case host == "bunq.com" || strings.HasSuffix(host, ".bunq.com"):
		return "", fmt.Errorf("%s is bunq, but not its sandbox: the probe never asks production; nothing has been sent", host)
	default:
		return "", fmt.Errorf("%s is neither bunq's sandbox (%s) nor a loopback host; nothing has been sent", host, sandboxHost)
	}
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.Unmap().IsLoopback()
}

// Transport returns the transport for an address that CheckAddress has let pass. Where that is a
// loopback host, it connects to this machine only, whatever a name resolves to, and through no
// proxy.
func Transport(base string) http.RoundTripper {
	dialer := &net.Dialer{Timeout: 10 * time.Second}
	t := &http.Transport{
		Proxy: http.ProxyFromEnvironment, DialContext: dialer.DialContext, ForceAttemptHTTP2: true,
		TLSHandshakeTimeout: 10 * time.Second, MaxResponseHeaderBytes: 1 << 20,
	}
	if u, err := url.Parse(base); err == nil && isLoopback(strings.ToLower(u.Hostname())) {
		t.Proxy = nil
		dialer.Control = func(_, address string, _ syscall.RawConn) error {
			if a, err := netip.ParseAddrPort(address); err != nil || !a.Addr().Unmap().IsLoopback() {
				return fmt.Errorf("%s is not this machine", address)
			}
			return nil
		}
	}
	return t
}
