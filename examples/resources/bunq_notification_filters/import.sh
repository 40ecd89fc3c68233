# USER_ID: each bunq user has one set of filters.
terraform import bunq_notification_filters.main 28196
