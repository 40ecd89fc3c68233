# terraform query -generate-config-out=found.tf
list "bunq_oauth_client" "mine" {
  provider         = bunq
  include_resource = true
}
