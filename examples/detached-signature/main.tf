# A QSEAL key that cannot be exported, because it is in an HSM or KMS: create the
# installation first, sign its registration_payload elsewhere, and register the
# certificate with the signature. README.md shows the two applies. The signature
# may be missing later: it is only needed when the credential is created.

terraform {
  required_version = ">= 1.11"
  required_providers {
    bunq = {
      source = "openpsd2/bunq"
    }
  }
}

variable "certificate_pem" {
  description = "The QSEAL certificate."
  type        = string
}

variable "certificate_chain_pem" {
  description = "Its intermediate and root certificates. Null for a pseudo certificate of the sandbox."
  type        = string
  default     = null
}

variable "signature" {
  description = "Signature over registration_payload, base64 on one line. Needed only by the apply that makes the credential."
  type        = string
  default     = null
}

provider "bunq" {
  environment = "sandbox"
}

resource "bunq_installation" "main" {
  keepers = { certificate = provider::bunq::parse_qseal_certificate(var.certificate_pem).fingerprint_sha256 }
}

resource "bunq_psd2_credential" "main" {
  installation                = bunq_installation.main
  certificate_pem             = var.certificate_pem
  certificate_chain_pem       = var.certificate_chain_pem
  client_public_key_signature = var.signature
}

resource "bunq_device_server" "main" {
  installation = bunq_installation.main
  credential   = bunq_psd2_credential.main
  description  = "payments-ci"
}

output "registration_payload" {
  description = "What the QSEAL key must sign: RSASSA-PKCS1-v1_5, SHA-256, over exactly these bytes."
  value       = bunq_installation.main.registration_payload
  sensitive   = true
}
