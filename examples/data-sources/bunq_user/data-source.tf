# If api_context is omitted, the provider's is used, such as that of a context
# file of bunq's SDKs.
data "bunq_user" "me" {
  api_context = bunq_device_server.main.api_context
}

check "psd2_user" {
  assert {
    condition     = data.bunq_user.me.kind == "UserPaymentServiceProvider"
    error_message = "The context belongs to ${data.bunq_user.me.display_name}, who is no PSD2 party."
  }
}
