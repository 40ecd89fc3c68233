package acctest

// Certificate makes a pseudo certificate.
const Certificate = `
resource "bunq_sandbox_certificate" "main" {
  name = "Acceptance"
}
`

// Installation makes an installation.
const Installation = `
resource "bunq_installation" "main" {}
`

// InstallationOf makes an installation that is renewed together with the certificate.
const InstallationOf = Certificate + `
resource "bunq_installation" "main" {
  keepers = { certificate = bunq_sandbox_certificate.main.certificate_pem }
}
`

// Credential registers the pseudo certificate.
const Credential = InstallationOf + `
resource "bunq_psd2_credential" "main" {
  installation       = bunq_installation.main
  certificate_pem    = bunq_sandbox_certificate.main.certificate_pem
  private_key_pem_wo = bunq_sandbox_certificate.main.private_key_pem
}
`

// Device registers a device with the key, from wherever the test calls.
const Device = Credential + `
resource "bunq_device_server" "main" {
  installation = bunq_installation.main
  credential   = bunq_psd2_credential.main
  description  = "acceptance"
}
`

// Client makes the OAuth client; it may be destroyed.
const Client = Device + `
resource "bunq_oauth_client" "main" {
  api_context         = bunq_device_server.main.api_context
  deletion_protection = false
}
`

// CallbackURL adds one callback URL.
const CallbackURL = Client + `
resource "bunq_oauth_callback_url" "main" {
  api_context     = bunq_device_server.main.api_context
  oauth_client_id = bunq_oauth_client.main.id
  url             = "https://app.example.com/callback"
}
`
