package bunq

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"golang.org/x/net/http/httpproxy"
)

// CheckProxy returns an error for an HTTPS_PROXY that is no address of a proxy. net/http
// would ignore it, the calls would go out directly, and bunq would bind a key to the wrong
// address. The error does not show the value, which may have a password.
func CheckProxy() error {
	for _, name := range []string{"HTTPS_PROXY", "https_proxy"} { // in net/http's order
		value := os.Getenv(name)
		if value == "" {
			continue
		}
		if !usableProxy(value) {
			return fmt.Errorf("environment variable %s is not the address of a proxy, such as http://proxy.example:3128, and would be ignored; "+
				"it may have a blank or a line break at its end", name)
		}
		return nil
	}
	return nil
}

// usableProxy asks what net/http asks, which would take "http" in a damaged URL for the
// name of the proxy.
func usableProxy(value string) bool {
	if strings.Contains(value, "://") {
		if u, err := url.Parse(value); err != nil || u.Hostname() == "" {
			return false
		}
	}
	proxy, err := (&httpproxy.Config{HTTPSProxy: value}).ProxyFunc()(&url.URL{Scheme: "https", Host: apiHost(Production)})
	return err == nil && proxy != nil && proxy.Hostname() != ""
}

// connectTimeout bounds each of the two steps to a connection, TCP and TLS.
const connectTimeout = 10 * time.Second

// NewTransport returns the transport that a Client uses if Config has none. What it does
// not do matters:
//
//   - No kept-alive connections: on a reused connection that turns out to be dead,
//     net/http sends a request again by itself, uncounted, with the same request id
//     and outside of the rate limit. Only the retry policy decides on repetitions.
//     The cost is one handshake per call, which does not show with limits of 3 calls
//     in 3 s.
//   - No HTTP/2, for the same reason: its client replays refused streams.
//   - No transparent decompression: the signature is over the body as bunq sent it.
//   - No change between IPv4 and IPv6 (see dialer).
//
// plain is for an address with http: it leads to this machine only, whatever a resolver
// says. roots are the authorities that are trusted; nil for the system's.
func NewTransport(plain bool, roots *x509.CertPool) *http.Transport {
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	return &http.Transport{
		Proxy:       http.ProxyFromEnvironment, // see CheckProxy
		DialContext: newDialer(plain).dial,
		// Without a maximum, so 1.3 where the other side has it.
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots},
		TLSHandshakeTimeout:    connectTimeout,
		DisableKeepAlives:      true,
		DisableCompression:     true,
		MaxResponseHeaderBytes: 64 << 10,
		Protocols:              &protocols,
	}
}
