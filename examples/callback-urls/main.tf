# Many callback URLs: for_each over the URLs themselves. The URL is the key, so to
# add or remove one touches no other, whatever the order.

terraform {
  required_version = ">= 1.11"
  required_providers {
    bunq = {
      source = "openpsd2/bunq"
    }
  }
}

variable "applications" {
  description = "The hosts of each application that bunq sends end users back to."
  type        = map(set(string))
  default = {
    accounts = ["app.example.com", "app.example.nl", "staging.example.com"]
    payments = ["pay.example.com", "pay.example.nl"]
  }
}

locals {
  callback_urls = toset(flatten([
    for application, hosts in var.applications : [
      for host in hosts : "https://${host}/${application}/callback"
    ]
  ]))
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
  for_each = local.callback_urls

  api_context     = bunq_device_server.main.api_context
  oauth_client_id = bunq_oauth_client.main.id
  url             = each.value
}
