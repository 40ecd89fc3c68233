# What is watched: an onboarding with its callback URLs and webhooks. watch.tf
# stands beside it, and beside any configuration of yours with the same names.

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
  api_context = bunq_device_server.main.api_context
}

resource "bunq_oauth_callback_url" "app" {
  for_each = toset(["https://app.example.com/bunq/callback", "https://staging.example.com/bunq/callback"])

  api_context     = bunq_device_server.main.api_context
  oauth_client_id = bunq_oauth_client.main.id
  url             = each.value
}

# Declared, so that a webhook which somebody else adds is a change of the plan.
resource "bunq_notification_filters" "main" {
  api_context = bunq_device_server.main.api_context

  filters = [
    { category = "OAUTH", notification_target = "https://app.example.com/bunq/consents" },
  ]
}
