# client_secret handed on to the places where an application looks for it, by
# write-only arguments: no second resource holds it in its state. The version is
# the client's ID, so that another client's secret is written, too.

terraform {
  required_version = ">= 1.11"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.88"
    }
    bunq = {
      source = "openpsd2/bunq"
    }
    vault = {
      source  = "hashicorp/vault"
      version = ">= 5.0"
    }
  }
}

resource "bunq_oauth_client" "main" {}

resource "vault_kv_secret_v2" "bunq" {
  mount = "payments"
  name  = "bunq/oauth-client"
  data_json_wo = jsonencode({
    client_id     = bunq_oauth_client.main.client_id
    client_secret = bunq_oauth_client.main.client_secret
  })
  data_json_wo_version = bunq_oauth_client.main.id
}

resource "aws_secretsmanager_secret" "bunq" {
  name = "bunq/client-secret"
}

resource "aws_secretsmanager_secret_version" "bunq" {
  secret_id                = aws_secretsmanager_secret.bunq.id
  secret_string_wo         = bunq_oauth_client.main.client_secret
  secret_string_wo_version = bunq_oauth_client.main.id
}
