# Sandbox and production in one configuration: a provider block for each, and one
# module for both. A state for each environment is safer; this is for those who
# need both in one.

terraform {
  required_version = ">= 1.11"
  required_providers {
    bunq = {
      source = "openpsd2/bunq"
    }
  }
}

variable "qseal_key" {
  description = "Private key of the QSEAL certificate, PEM. Needed only by the apply that registers the certificate."
  type        = string
  sensitive   = true
  ephemeral   = true
  default     = null
}

provider "bunq" {
  alias       = "sandbox"
  environment = "sandbox"
}

provider "bunq" {
  alias       = "production"
  environment = "production"
}

resource "bunq_sandbox_certificate" "main" {
  provider = bunq.sandbox
  name     = "Example Payments"
}

module "sandbox" {
  source    = "./access"
  providers = { bunq = bunq.sandbox }

  certificate_pem = bunq_sandbox_certificate.main.certificate_pem
  private_key_pem = bunq_sandbox_certificate.main.private_key_pem
  callback_urls   = ["https://staging.example.com/bunq/callback"]
}

module "production" {
  source    = "./access"
  providers = { bunq = bunq.production }

  certificate_pem       = file("${path.module}/qseal.pem")
  certificate_chain_pem = file("${path.module}/qseal-chain.pem")
  private_key_pem       = var.qseal_key
  callback_urls         = ["https://app.example.com/bunq/callback"]
}

output "client_ids" {
  value = {
    sandbox    = module.sandbox.client_id
    production = module.production.client_id
  }
}
