variable "qseal_passphrase" {
  type      = string
  sensitive = true
  ephemeral = true
}

resource "bunq_installation" "main" {
  keepers = { certificate = provider::bunq::parse_qseal_certificate(file("qseal.pem")).fingerprint_sha256 }
}

resource "bunq_psd2_credential" "main" {
  installation          = bunq_installation.main
  certificate_pem       = file("qseal.pem")
  certificate_chain_pem = file("qseal-chain.pem")

  # Write-only: used once, to sign, and stored neither in the plan nor in the state.
  private_key_pem_wo        = file("qseal.key")
  private_key_passphrase_wo = var.qseal_passphrase

  # When the certificate is renewed, the old key ends after the new one works.
  deactivate_on_destroy = true
  lifecycle {
    create_before_destroy = true
  }
}
