import {
  to = bunq_notification_filters.main
  identity = {
    user_id = "28196"
  }
}
