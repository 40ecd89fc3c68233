// Package session hands out bunq sessions: one for each API context, opened
// when the first call needs it, shared by all, replaced once when bunq says it
// is dead, and kept between processes where there is a cache folder.
//
// It owns the life cycle of a session, the cache files, and the interval
// between two openings from this machine. It must not know Terraform, resources,
// or how a session is asked for on the wire; it asks bunq through one method.
//
// A cache file is worth nothing without the API context it belongs to: it is
// encrypted with a key derived from the context's own secrets, and so is its
// name. What is wrong with files or folder is never an error: a session can
// always be opened again.
package session
