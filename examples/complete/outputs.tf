output "oauth_client_id" {
  description = "bunq's number of the OAuth client."
  value       = bunq_oauth_client.main.id
}

output "client_id" {
  description = "The client_id of OAuth, for the authorisation page."
  value       = bunq_oauth_client.main.client_id
}

output "client_secret" {
  description = "The client_secret of OAuth, for the token endpoint."
  value       = bunq_oauth_client.main.client_secret
  sensitive   = true
}

output "authorize_urls" {
  description = "Where to send a bunq user who is to consent, for each callback URL; the application adds a state."
  value = {
    for url, callback in bunq_oauth_callback_url.app :
    url => provider::bunq::oauth_authorize_url(var.authorization_page, bunq_oauth_client.main.client_id, callback.url, "")
  }
}

output "user_id" {
  description = "bunq's number of the user that owns the client."
  value       = bunq_oauth_client.main.user_id
}

output "callback_urls" {
  description = "The callback URLs, with bunq's number of each."
  value       = { for url, callback in bunq_oauth_callback_url.app : url => callback.id }
}
