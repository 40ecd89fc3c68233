import {
  to = bunq_oauth_client.main
  identity = {
    user_id = "28196"
    id      = "633"
  }
}
