// Package hostile proves what a server in bunq's place, or a proxy before it, cannot do to the
// provider. It holds tests only: servers that send what no server should, and a process of the
// provider for each of them, whose time, memory, requests and words are measured.
package hostile
