# From nothing to an OAuth client with callback URLs in bunq's sandbox, in one apply.
# It needs no files and no account: the certificate is a pseudo certificate, which
# the sandbox accepts in place of a QSEAL certificate.

terraform {
  required_version = ">= 1.11"
  required_providers {
    bunq = {
      source = "openpsd2/bunq"
    }
  }
}

provider "bunq" {
  environment = "sandbox"
}

resource "bunq_sandbox_certificate" "main" {
  name = "Example Payments"
}

resource "bunq_installation" "main" {
  keepers = { certificate = bunq_sandbox_certificate.main.certificate_pem }
}

resource "bunq_psd2_credential" "main" {
  installation          = bunq_installation.main
  certificate_pem       = bunq_sandbox_certificate.main.certificate_pem
  certificate_chain_pem = bunq_sandbox_certificate.main.certificate_chain_pem
  private_key_pem_wo    = bunq_sandbox_certificate.main.private_key_pem
}

resource "bunq_device_server" "main" {
  installation  = bunq_installation.main
  credential    = bunq_psd2_credential.main
  description   = "payments-ci"
  permitted_ips = var.permitted_ips
}

resource "bunq_oauth_client" "main" {
  api_context         = bunq_device_server.main.api_context
  deletion_protection = var.deletion_protection
}

resource "bunq_oauth_callback_url" "app" {
  for_each = var.callback_urls

  api_context     = bunq_device_server.main.api_context
  oauth_client_id = bunq_oauth_client.main.id
  url             = each.value
}
