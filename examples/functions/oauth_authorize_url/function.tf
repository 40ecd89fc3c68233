provider "bunq" {
  environment  = "sandbox"
  context_file = "bunq.conf"
}

resource "bunq_oauth_client" "main" {}

resource "bunq_oauth_callback_url" "web" {
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
