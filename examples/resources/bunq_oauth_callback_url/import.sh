# bunq's numbers of the user, the client and the callback URL.
terraform import 'bunq_oauth_callback_url.app["https://app.example.com/bunq/callback"]' 28196/633/693
