import {
  to = bunq_oauth_client.main
  id = "28196/633"
}
