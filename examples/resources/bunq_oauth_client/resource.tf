# To use a bunq_device_server of this configuration, set
# api_context = bunq_device_server.main.api_context. Without it, the resource uses
# the provider's context, here from a context file of bunq's SDKs.
provider "bunq" {
  environment  = "sandbox"
  context_file = "bunq.conf"
}

resource "bunq_oauth_client" "main" {}

output "client_id" {
  value = bunq_oauth_client.main.client_id
}
