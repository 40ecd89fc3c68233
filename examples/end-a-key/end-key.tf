# Ends an API key of the same user that is in no state: sets each of its addresses
# inactive, by the session of this configuration. Put it beside your configuration,
# apply with -var=end_key=ID, and remove it again.

variable "end_key" {
  description = "ID of the credential to end, from data.bunq_credentials."
  type        = string

  validation {
    condition     = var.end_key != bunq_psd2_credential.main.id
    error_message = "This is the key of this state."
  }
}

data "bunq_credential_ips" "to_end" {
  api_context   = bunq_device_server.main.api_context
  credential_id = var.end_key
}

ephemeral "bunq_session" "to_end" {
  api_context = bunq_device_server.main.api_context
}

# "*" cannot be set inactive: ask bunq to block the device.
resource "terraform_data" "to_end" {
  for_each = { for p in data.bunq_credential_ips.to_end.permitted_ips : p.id => p.ip if p.status == "ACTIVE" && p.ip != "*" }

  provisioner "local-exec" {
    # By way of standard input: arguments are seen by every process.
    command = "printf 'X-Bunq-Client-Authentication: %s\\n' \"$TOKEN\" | curl --fail --silent --show-error --header @- --request PUT --data '{\"status\":\"INACTIVE\"}' \"$ADDRESS_URL\""
    environment = {
      TOKEN       = ephemeral.bunq_session.to_end.token
      ADDRESS_URL = "${ephemeral.bunq_session.to_end.base_url}/user/${ephemeral.bunq_session.to_end.user_id}/credential-password-ip/${var.end_key}/ip/${each.key}"
    }
  }
}
