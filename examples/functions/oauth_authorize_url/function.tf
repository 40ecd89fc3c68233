resource "bunq_oauth_client" "main" {
  api_context = bunq_device_server.main.api_context
}

resource "bunq_oauth_callback_url" "web" {
  api_context     = bunq_device_server.main.api_context
  oauth_client_id = bunq_oauth_client.main.id
  url             = "https://app.example.com/bunq/callback"
}

# The application adds a state of its own for each user that it sends there.
output "authorize_url" {
  value = provider::bunq::oauth_authorize_url(
    "sandbox",
    bunq_oauth_client.main.client_id,
    bunq_oauth_callback_url.web.url,
    "",
  )
}
