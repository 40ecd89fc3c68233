# The client that the user has, whoever made it.
data "bunq_oauth_client" "there" {
  api_context = bunq_device_server.main.api_context
}

# Its IDs are all that an import needs, once the device is there. The client:
import {
  to = bunq_oauth_client.main
  id = "${data.bunq_oauth_client.there.user_id}/${data.bunq_oauth_client.there.id}"
}

resource "bunq_oauth_client" "main" {
  api_context = bunq_device_server.main.api_context
}

# And each of its callback URLs:
import {
  for_each = { for u in data.bunq_oauth_client.there.callback_urls : u.url => u.id }
  to       = bunq_oauth_callback_url.all[each.key]
  id       = "${data.bunq_oauth_client.there.user_id}/${data.bunq_oauth_client.there.id}/${each.value}"
}

resource "bunq_oauth_callback_url" "all" {
  for_each = toset(data.bunq_oauth_client.there.callback_urls[*].url)

  api_context     = bunq_device_server.main.api_context
  oauth_client_id = bunq_oauth_client.main.id
  url             = each.key
}
