# A key pair is generated; its private half is kept in the state.
resource "bunq_installation" "main" {}

# Or bring your own: 2048 bits, PEM, unencrypted.
variable "installation_key" {
  type      = string
  sensitive = true
}

resource "bunq_installation" "own_key" {
  private_key_pem = var.installation_key
}
