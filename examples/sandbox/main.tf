terraform {
  required_providers {
    bunq = { source = "openpsd2/bunq" }
  }
}

provider "bunq" {
  environment = "sandbox"
}

resource "bunq_sandbox_certificate" "main" { # the sandbox accepts it in place of a QSEAL
  name = "Example Payments"
}

resource "bunq_installation" "main" {
  keepers = { certificate = bunq_sandbox_certificate.main.certificate_pem }
}

resource "bunq_psd2_credential" "main" {
  installation       = bunq_installation.main
  certificate_pem    = bunq_sandbox_certificate.main.certificate_pem
  private_key_pem_wo = bunq_sandbox_certificate.main.private_key_pem # write-only
}

resource "bunq_device_server" "main" {
  installation = bunq_installation.main
  credential   = bunq_psd2_credential.main
  description  = "payments-ci"
}

resource "bunq_oauth_client" "main" {
  api_context = bunq_device_server.main.api_context
}

resource "bunq_oauth_callback_url" "web" {
  api_context     = bunq_device_server.main.api_context
  oauth_client_id = bunq_oauth_client.main.id
  url             = "https://app.example.com/bunq/callback"
}

output "client_id" {
  value = bunq_oauth_client.main.client_id
}
