// Package lookup holds what reads only and leaves nothing behind, neither at bunq
// nor a secret that it made: the data sources bunq_user, bunq_oauth_client,
// bunq_device_servers and bunq_credential_ips, and the ephemeral resource
// bunq_session.
//
// All of them take a working API context and share its session with the resources
// of the run. It must not know any resource, nor how a context is made.
package lookup
