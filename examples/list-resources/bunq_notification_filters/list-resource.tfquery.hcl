# terraform query -generate-config-out=found.tf
list "bunq_notification_filters" "mine" {
  provider         = bunq
  include_resource = true
}
