# A sandbox that is made again each night, for the same bunq user: a pseudo
# certificate of your own, as README.md of examples/detached-signature makes one.
# (bunq_sandbox_certificate would make another user each night.)

terraform {
  required_version = ">= 1.11"
  required_providers {
    bunq = {
      source = "openpsd2/bunq"
    }
  }
}

variable "certificate_pem" {
  description = "The pseudo certificate."
  type        = string
}

variable "private_key_pem" {
  description = "Its key. Give it as TF_VAR_private_key_pem from the CI's secrets."
  type        = string
  sensitive   = true
  ephemeral   = true
}

provider "bunq" {
  environment = "sandbox"
}

resource "bunq_installation" "main" {
  keepers = { certificate = provider::bunq::parse_qseal_certificate(var.certificate_pem).fingerprint_sha256 }
}

resource "bunq_psd2_credential" "main" {
  installation       = bunq_installation.main
  certificate_pem    = var.certificate_pem
  private_key_pem_wo = var.private_key_pem

  deactivate_on_destroy = true
}

resource "bunq_device_server" "main" {
  installation = bunq_installation.main
  credential   = bunq_psd2_credential.main
  description  = "nightly"
}

resource "bunq_oauth_client" "main" {
  api_context = bunq_device_server.main.api_context

  deletion_protection = false # it goes each night
  adopt_existing      = true  # a night that was killed leaves one
}

resource "bunq_oauth_callback_url" "app" {
  for_each = toset(["https://staging.example.com/bunq/callback"])

  api_context     = bunq_device_server.main.api_context
  oauth_client_id = bunq_oauth_client.main.id
  url             = each.value
}

output "client_id" {
  value = bunq_oauth_client.main.client_id
}
