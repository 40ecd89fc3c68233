provider "bunq" {
  environment  = "sandbox"
  context_file = "bunq.conf"
}

# The client that the user has, whoever made it.
data "bunq_oauth_client" "there" {}

# Its IDs are all that an import needs. The client:
import {
  to = bunq_oauth_client.main
  id = "${data.bunq_oauth_client.there.user_id}/${data.bunq_oauth_client.there.id}"
}

resource "bunq_oauth_client" "main" {}

# And each of its callback URLs:
import {
  for_each = { for u in data.bunq_oauth_client.there.callback_urls : u.url => u.id }
  to       = bunq_oauth_callback_url.all[each.key]
  id       = "${data.bunq_oauth_client.there.user_id}/${data.bunq_oauth_client.there.id}/${each.value}"
}

resource "bunq_oauth_callback_url" "all" {
  for_each = toset(data.bunq_oauth_client.there.callback_urls[*].url)

  oauth_client_id = bunq_oauth_client.main.id
  url             = each.key
}
