# The context of a bunq_device_server of this configuration is
# api_context = bunq_device_server.main.api_context. If omitted, the provider's
# is used, here from a context file of bunq's SDKs.
provider "bunq" {
  environment  = "sandbox"
  context_file = "bunq.conf"
}

resource "bunq_oauth_client" "main" {}

output "client_id" {
  value = bunq_oauth_client.main.client_id
}
