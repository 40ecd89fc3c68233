variable "passphrase" {
  description = "Passphrase of seal.p12."
  type        = string
  sensitive   = true
}

locals {
  seal = provider::bunq::pkcs12_decode(filebase64("seal.p12"), var.passphrase)
}

resource "bunq_installation" "main" {
  keepers = { certificate = provider::bunq::parse_qseal_certificate(nonsensitive(local.seal.certificate_pem)).fingerprint_sha256 }
}

# The certificate and its chain are no secrets; the key is in no plan and no state.
resource "bunq_psd2_credential" "main" {
  installation          = bunq_installation.main
  certificate_pem       = nonsensitive(local.seal.certificate_pem)
  certificate_chain_pem = nonsensitive(local.seal.certificate_chain_pem)
  private_key_pem_wo    = local.seal.private_key_pem
}
