# terraform query -generate-config-out=found.tf
list "bunq_oauth_callback_url" "all" {
  provider         = bunq
  include_resource = true
  limit            = 1000 # Terraform lists 100 if omitted, and does not say that there are more

  # If omitted: those of the user's active client.
  config {
    oauth_client_id = "633"
  }
}
