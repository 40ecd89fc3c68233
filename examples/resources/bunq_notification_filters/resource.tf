# All webhooks of the user: bunq replaces them as a whole.
resource "bunq_notification_filters" "main" {
  api_context = bunq_device_server.main.api_context

  filters = [
    { category = "OAUTH", notification_target = "https://app.example.com/bunq/consents" },
    { category = "PAYMENT", notification_target = "https://app.example.com/bunq/payments" },
    { category = "PAYMENT", notification_target = "https://audit.example.com/bunq" },
  ]
}
