# Generates a key pair; the private key is stored in the state. A renewed certificate
# makes another installation, and with it another device, in the same apply.
resource "bunq_installation" "main" {
  keepers = { certificate = provider::bunq::parse_qseal_certificate(file("qseal.pem")).fingerprint_sha256 }
}

# Or use your own key: 2048 bits, PEM, unencrypted. Not that of the certificate.
variable "installation_key" {
  type      = string
  sensitive = true
}

resource "bunq_installation" "own_key" {
  private_key_pem = var.installation_key
}
