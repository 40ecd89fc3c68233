import {
  to = bunq_oauth_callback_url.app["https://app.example.com/bunq/callback"]
  identity = {
    user_id         = "28196"
    oauth_client_id = "633"
    id              = "693"
  }
}
