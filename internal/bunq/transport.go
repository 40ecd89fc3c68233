package bunq

import (
	"crypto/tls"
	"net/http"
	"time"
)

// connectTimeout bounds each of the two steps to a connection, TCP and TLS.
const connectTimeout = 10 * time.Second

// NewTransport returns the way to bunq that a Client takes where Config names no
// other. What it leaves out matters:
//
//   - No kept-alive connections: on a reused connection that turns out to be dead,
//     net/http sends a request again by itself, where nobody counts it, with the
//     same request id and outside of the rate limit. Whether to repeat is for the
//     retry policy alone. It costs a handshake a call, which the limits of 3 calls
//     in 3 s hide.
//   - No HTTP/2, whose client replays refused streams for the same reason.
//   - No transparent decompression: the signature is over the body as bunq sent it.
//   - No change between IPv4 and IPv6 (see dialer).
func NewTransport() *http.Transport {
	var protocols http.Protocols
	protocols.SetHTTP1(true)
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            newDialer().dial,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    connectTimeout,
		DisableKeepAlives:      true,
		DisableCompression:     true,
		MaxResponseHeaderBytes: 1 << 20,
		Protocols:              &protocols,
	}
}
