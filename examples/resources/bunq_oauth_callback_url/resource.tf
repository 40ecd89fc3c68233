provider "bunq" {
  environment  = "sandbox"
  context_file = "bunq.conf"
}

resource "bunq_oauth_client" "main" {}

resource "bunq_oauth_callback_url" "app" {
  for_each = toset([
    "https://app.example.com/bunq/callback",
    "https://staging.example.com/bunq/callback",
  ])

  oauth_client_id = bunq_oauth_client.main.id
  url             = each.value
}
