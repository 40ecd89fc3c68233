# Production: a real QSEAL certificate, the key from a variable that is never
# stored, and the addresses that may use the API key.

terraform {
  required_version = ">= 1.11"
  required_providers {
    bunq = {
      source = "openpsd2/bunq"
    }
  }
}

variable "qseal_key" {
  description = "Private key of the QSEAL certificate, PEM. Give it as TF_VAR_qseal_key from your secret store."
  type        = string
  sensitive   = true
  ephemeral   = true
  default     = null
}

variable "permitted_ips" {
  description = "Public addresses of the machines that apply and of those that run the application. The one that registers the device is permitted by itself."
  type        = set(string)
}

provider "bunq" {
  environment = "production"
}

resource "bunq_installation" "main" {
  keepers = { certificate = provider::bunq::parse_qseal_certificate(file("${path.module}/qseal.pem")).fingerprint_sha256 }
}

resource "bunq_psd2_credential" "main" {
  installation          = bunq_installation.main
  certificate_pem       = file("${path.module}/qseal.pem")
  certificate_chain_pem = file("${path.module}/qseal-chain.pem")
  private_key_pem_wo    = var.qseal_key
  expiry_warning_days   = 60

  # In a rotation the new key is created first. The old one ends after the new one works.
  deactivate_on_destroy = true
  lifecycle {
    create_before_destroy = true
  }
}

resource "bunq_device_server" "main" {
  installation  = bunq_installation.main
  credential    = bunq_psd2_credential.main
  description   = "payments-production"
  permitted_ips = var.permitted_ips
}

resource "bunq_oauth_client" "main" {
  api_context = bunq_device_server.main.api_context
}

resource "bunq_oauth_callback_url" "app" {
  for_each = toset(["https://app.example.com/bunq/callback"])

  api_context     = bunq_device_server.main.api_context
  oauth_client_id = bunq_oauth_client.main.id
  url             = each.value
}

output "client_id" {
  value = bunq_oauth_client.main.client_id
}
