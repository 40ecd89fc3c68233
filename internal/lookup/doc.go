// Package lookup has what only reads: the data sources bunq_user, bunq_oauth_client,
// bunq_device_servers and bunq_credential_ips, and the ephemeral resource bunq_session.
//
// All of them need a working API context, and share its session with the resources of the
// run. The package must not know any resource, nor how a context is made.
package lookup
