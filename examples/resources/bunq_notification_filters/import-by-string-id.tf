import {
  to = bunq_notification_filters.main
  id = "28196"
}
