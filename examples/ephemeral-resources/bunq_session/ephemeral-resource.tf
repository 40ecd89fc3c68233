ephemeral "bunq_session" "main" {
  api_context = bunq_device_server.main.api_context
}

# A call of bunq that no resource makes. The token is in neither plan nor state.
resource "terraform_data" "call" {
  triggers_replace = ["1"]

  provisioner "local-exec" {
    # By way of standard input: arguments are seen by every process.
    command = "printf 'X-Bunq-Client-Authentication: %s\\n' \"$TOKEN\" | curl --fail --silent --show-error --header @- \"$USER_URL\""
    environment = {
      TOKEN    = ephemeral.bunq_session.main.token
      USER_URL = "${ephemeral.bunq_session.main.base_url}/user/${ephemeral.bunq_session.main.user_id}"
    }
  }
}
