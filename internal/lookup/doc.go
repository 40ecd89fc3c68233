// Package lookup has what only reads: the data sources bunq_user, bunq_oauth_client,
// bunq_device_servers, bunq_credentials and bunq_credential_ips, and the ephemeral resources
// bunq_session and bunq_oauth_client.
//
// All of them need a working API context, and share its session with the resources of the
// run. The package must not know any resource, nor how a context is made.
package lookup
