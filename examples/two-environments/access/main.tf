# The access to bunq in one environment, which the provider block decides.

terraform {
  required_version = ">= 1.11"
  required_providers {
    bunq = {
      source = "openpsd2/bunq"
    }
  }
}

variable "certificate_pem" {
  description = "The QSEAL certificate; in the sandbox a pseudo certificate."
  type        = string
}

variable "certificate_chain_pem" {
  description = "Its intermediate and root certificates. Null for a pseudo certificate."
  type        = string
  default     = null
}

variable "private_key_pem" {
  description = "The key of the certificate. Never stored."
  type        = string
  sensitive   = true
  ephemeral   = true
  default     = null
}

variable "callback_urls" {
  description = "Addresses that bunq may send end users back to."
  type        = set(string)
}

resource "bunq_installation" "main" {
  keepers = { certificate = provider::bunq::parse_qseal_certificate(var.certificate_pem).fingerprint_sha256 }
}

resource "bunq_psd2_credential" "main" {
  installation          = bunq_installation.main
  certificate_pem       = var.certificate_pem
  certificate_chain_pem = var.certificate_chain_pem
  private_key_pem_wo    = var.private_key_pem

  deactivate_on_destroy = true
  lifecycle {
    create_before_destroy = true
  }
}

resource "bunq_device_server" "main" {
  installation = bunq_installation.main
  credential   = bunq_psd2_credential.main
  description  = "payments"
}

resource "bunq_oauth_client" "main" {
  api_context = bunq_device_server.main.api_context
}

resource "bunq_oauth_callback_url" "app" {
  for_each = var.callback_urls

  api_context     = bunq_device_server.main.api_context
  oauth_client_id = bunq_oauth_client.main.id
  url             = each.value
}

output "client_id" {
  value = bunq_oauth_client.main.client_id
}
