resource "bunq_installation" "main" {
  keepers = { certificate = provider::bunq::parse_qseal_certificate(file("qseal.pem")).fingerprint_sha256 }
}

resource "bunq_psd2_credential" "main" {
  installation          = bunq_installation.main
  certificate_pem       = file("qseal.pem")
  certificate_chain_pem = file("qseal-chain.pem")
  private_key_pem_wo    = file("qseal.key")
}

resource "bunq_device_server" "main" {
  installation = bunq_installation.main
  credential   = bunq_psd2_credential.main
  description  = "payments-ci"

  # In addition to the address of the machine that applies, which bunq always permits.
  permitted_ips = ["203.0.113.7", "2001:db8::7"]
}
