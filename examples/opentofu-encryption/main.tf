# OpenTofu encrypts state and saved plans by itself, with any backend:
# encryption.tofu in this folder says how. Terraform does not read that file.

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

resource "bunq_installation" "main" {}
