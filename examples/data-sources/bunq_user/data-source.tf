# The context of a bunq_device_server of this configuration is
# api_context = bunq_device_server.main.api_context. If omitted, the provider's
# is used, here from a context file of bunq's SDKs.
provider "bunq" {
  environment  = "sandbox"
  context_file = "bunq.conf"
}

data "bunq_user" "me" {}

check "psd2_user" {
  assert {
    condition     = data.bunq_user.me.kind == "UserPaymentServiceProvider"
    error_message = "The context belongs to ${data.bunq_user.me.display_name}, who is no PSD2 party."
  }
}
