resource "bunq_oauth_client" "main" {
  api_context = bunq_device_server.main.api_context
}

output "client_id" {
  value = bunq_oauth_client.main.client_id
}

# Without a device in this configuration, omit api_context: the resource then
# uses the provider's, such as that of a context file of bunq's SDKs.
