# A module as a platform team may have one. tests/onboarding.tftest.hcl tests it
# against the simulator, without an account and without a network.

terraform {
  required_version = ">= 1.11"
  required_providers {
    bunq = {
      source = "openpsd2/bunq"
    }
  }
}

variable "certificate_name" {
  description = "Name in the pseudo certificate."
  type        = string
}

variable "hosts" {
  description = "Hosts of the applications that bunq sends end users back to."
  type        = set(string)

  validation {
    condition     = length(var.hosts) > 0
    error_message = "Without a host nobody can come back from bunq."
  }
}

variable "deletion_protection" {
  description = "Refuse plans that would cancel the OAuth client."
  type        = bool
  default     = true
}

resource "bunq_sandbox_certificate" "main" {
  name = var.certificate_name
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
  description  = "payments"
}

resource "bunq_oauth_client" "main" {
  api_context         = bunq_device_server.main.api_context
  deletion_protection = var.deletion_protection
}

resource "bunq_oauth_callback_url" "app" {
  for_each = var.hosts

  api_context     = bunq_device_server.main.api_context
  oauth_client_id = bunq_oauth_client.main.id
  url             = "https://${each.value}/bunq/callback"
}

output "client_id" {
  value = bunq_oauth_client.main.client_id
}

output "callback_urls" {
  value = [for c in bunq_oauth_callback_url.app : c.url]
}
