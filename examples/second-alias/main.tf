# The API context once: the provider block of an alias takes it from the device,
# and client and callback URLs take it from the alias. Their state holds no copy.

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

provider "bunq" {
  alias       = "user"
  environment = "sandbox"
  api_context = bunq_device_server.main.api_context
}

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

resource "bunq_oauth_client" "main" {
  provider = bunq.user
}

resource "bunq_oauth_callback_url" "app" {
  provider = bunq.user
  for_each = toset(["https://app.example.com/bunq/callback", "https://staging.example.com/bunq/callback"])

  oauth_client_id = bunq_oauth_client.main.id
  url             = each.value
}
