# Generates a key pair; the private key is stored in the state.
resource "bunq_installation" "main" {}

# Or use your own key: 2048 bits, PEM, unencrypted.
variable "installation_key" {
  type      = string
  sensitive = true
}

resource "bunq_installation" "own_key" {
  private_key_pem = var.installation_key
}
