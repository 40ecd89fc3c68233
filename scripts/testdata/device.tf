# What an example of the documentation may leave to its reader: a device, and what it needs.

resource "bunq_sandbox_certificate" "main" {
  name = "Example Payments"
}

resource "bunq_installation" "main" {
  keepers = { certificate = bunq_sandbox_certificate.main.certificate_pem }
}

resource "bunq_psd2_credential" "main" {
  installation       = bunq_installation.main
  certificate_pem    = bunq_sandbox_certificate.main.certificate_pem
  private_key_pem_wo = bunq_sandbox_certificate.main.private_key_pem
}

resource "bunq_device_server" "main" {
  installation = bunq_installation.main
  credential   = bunq_psd2_credential.main
  description  = "payments-ci"
}
