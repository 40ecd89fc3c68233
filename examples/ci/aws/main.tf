# What the pipelines in examples/ci apply: production, with the state in
# S3 and the QSEAL key in AWS Secrets Manager. The key is read when it is needed
# and is in no plan and no state.

terraform {
  required_version = ">= 1.11"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.82"
    }
    bunq = {
      source = "openpsd2/bunq"
    }
  }
  backend "s3" {
    bucket       = "example-terraform-state"
    key          = "bunq/production.tfstate"
    region       = "eu-west-1"
    encrypt      = true
    kms_key_id   = "alias/terraform-state"
    use_lockfile = true
  }
}

provider "aws" {
  region = "eu-west-1"
}

provider "bunq" {
  environment = "production"
}

ephemeral "aws_secretsmanager_secret_version" "qseal_key" {
  secret_id = "bunq/qseal-key"
}

resource "bunq_installation" "main" {
  keepers = { certificate = provider::bunq::parse_qseal_certificate(file("${path.module}/qseal.pem")).fingerprint_sha256 }
}

resource "bunq_psd2_credential" "main" {
  installation          = bunq_installation.main
  certificate_pem       = file("${path.module}/qseal.pem")
  certificate_chain_pem = file("${path.module}/qseal-chain.pem")
  private_key_pem_wo    = ephemeral.aws_secretsmanager_secret_version.qseal_key.secret_string
  expiry_warning_days   = 60

  deactivate_on_destroy = true
  lifecycle {
    create_before_destroy = true
  }
}

resource "bunq_device_server" "main" {
  installation  = bunq_installation.main
  credential    = bunq_psd2_credential.main
  description   = "payments-production"
  permitted_ips = ["203.0.113.7", "203.0.113.8"] # the runner's address, the application's
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
