// Package session provides bunq sessions: one for each API context, opened when the
// first call needs it, shared by all, replaced once when bunq says that it is dead, and
// kept between processes if there is a cache folder.
//
// It owns the life cycle of a session, the cache files, and the interval between two
// openings on this machine. It must not know Terraform, resources, or the wire format
// of a session: it opens one through one method of the client.
//
// A cache file is worthless without its API context: it is encrypted with a key derived
// from the secrets of the context, and its name is derived from them as well. A problem
// with files or the folder is never an error: a session can always be opened again.
package session
