# The active client of the user. Neither state nor plan of this configuration
# holds its secret.
ephemeral "bunq_oauth_client" "main" {
  api_context = bunq_device_server.main.api_context
}

# To hand it on, give it to a write-only argument of another provider, such as
# secret_string_wo = ephemeral.bunq_oauth_client.main.client_secret. Or to a program:
resource "terraform_data" "hand_on" {
  triggers_replace = ["1"]

  provisioner "local-exec" {
    command = "umask 077 && printf '%s' \"$CLIENT_SECRET\" >client-secret"
    environment = {
      CLIENT_SECRET = ephemeral.bunq_oauth_client.main.client_secret
    }
  }
}
