# The context of a bunq_device_server of this configuration is
# api_context = bunq_device_server.main.api_context. If omitted, the provider's
# is used, here from a context file of bunq's SDKs.
provider "bunq" {
  environment  = "sandbox"
  context_file = "bunq.conf"
}

# All webhooks of the user: bunq replaces them as a whole.
resource "bunq_notification_filters" "main" {
  filters = [
    { category = "OAUTH", notification_target = "https://app.example.com/bunq/consents" },
    { category = "PAYMENT", notification_target = "https://app.example.com/bunq/payments" },
    { category = "PAYMENT", notification_target = "https://audit.example.com/bunq" },
  ]
}
