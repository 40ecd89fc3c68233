resource "bunq_sandbox_certificate" "main" {
  name = "Example Payments"
}

resource "bunq_installation" "main" {
  keepers = { certificate = bunq_sandbox_certificate.main.certificate_pem }
}

resource "bunq_psd2_credential" "main" {
  installation       = bunq_installation.main
  certificate_pem    = bunq_sandbox_certificate.main.certificate_pem
  private_key_pem_wo = bunq_sandbox_certificate.main.private_key_pem
}

resource "bunq_device_server" "main" {
  installation = bunq_installation.main
  credential   = bunq_psd2_credential.main
  description  = "payments-app"
}

resource "bunq_oauth_client" "main" {
  api_context = bunq_device_server.main.api_context
}

# terraform output -raw bunq_conf > bunq.conf
output "bunq_conf" {
  value     = provider::bunq::sdk_context_json(bunq_device_server.main.api_context, bunq_oauth_client.main.user_id)
  sensitive = true
}
