resource "bunq_oauth_client" "main" {
  api_context = bunq_device_server.main.api_context
}

# The URLs are the keys, so to add or remove one touches no other.
resource "bunq_oauth_callback_url" "app" {
  for_each = toset([
    "https://app.example.com/bunq/callback",
    "https://staging.example.com/bunq/callback",
  ])

  api_context     = bunq_device_server.main.api_context
  oauth_client_id = bunq_oauth_client.main.id
  url             = each.value
}
