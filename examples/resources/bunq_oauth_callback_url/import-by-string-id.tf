import {
  to = bunq_oauth_callback_url.app["https://app.example.com/bunq/callback"]
  id = "28196/633/693"
}
