# What a plan does not show by itself: objects at bunq that no configuration has.
# "terraform plan -var=watch=true" fails if there is one. Without the variable
# nothing is read and nothing fails, so an apply is never stopped by it.

variable "watch" {
  description = "Compare what bunq has with this configuration, and fail where they differ."
  type        = bool
  default     = false
}

variable "watch_days" {
  description = "Fail so many days before the certificate expires."
  type        = number
  default     = 30
}

variable "known_keys" {
  description = "IDs of other API keys of the same user that are in use, such as those of another configuration."
  type        = set(string)
  default     = []
}

variable "known_callback_urls" {
  description = "Callback URLs of the same client that another configuration has."
  type        = set(string)
  default     = []
}

data "bunq_oauth_client" "watch" {
  count       = var.watch ? 1 : 0
  api_context = bunq_device_server.main.api_context
}

data "bunq_device_servers" "watch" {
  count       = var.watch ? 1 : 0
  api_context = bunq_device_server.main.api_context
}

data "bunq_credentials" "watch" {
  count       = var.watch ? 1 : 0
  api_context = bunq_device_server.main.api_context
}

# bunq keeps every key for ever. One that can be used has an active address.
data "bunq_credential_ips" "watch" {
  for_each = toset([for c in flatten(data.bunq_credentials.watch[*].credentials) : c.id if !contains(var.known_keys, c.id)])

  api_context   = bunq_device_server.main.api_context
  credential_id = each.value
}

locals {
  undeclared_urls = setsubtract(
    [for u in flatten(data.bunq_oauth_client.watch[*].callback_urls) : u.url],
    concat([for u in bunq_oauth_callback_url.app : u.url], tolist(var.known_callback_urls)),
  )
  unknown_keys = [
    for id, key in data.bunq_credential_ips.watch : id
    if id != bunq_psd2_credential.main.id && anytrue([for p in key.permitted_ips : p.status == "ACTIVE"])
  ]
  unused_keys = [
    for c in flatten(data.bunq_credentials.watch[*].credentials) : "${c.id} until ${c.expiry_time}" if c.status == "PENDING_FIRST_USE"
  ]
  # Newest first. A key that somebody else uses comes with a device of its own.
  newest_device = one([for list in data.bunq_device_servers.watch[*].device_servers : list[0]])
  active_client = one(data.bunq_oauth_client.watch[*].id)
}

output "watch" {
  value = var.watch ? "bunq has what this configuration declares." : null

  precondition {
    condition     = !var.watch || timecmp(bunq_psd2_credential.main.not_after, timeadd(plantimestamp(), "${var.watch_days * 24}h")) > 0
    error_message = "The certificate expires on ${bunq_psd2_credential.main.not_after}."
  }
  precondition {
    condition     = length(local.undeclared_urls) == 0
    error_message = "Callback URLs that nobody declared: ${join(", ", local.undeclared_urls)}"
  }
  precondition {
    condition     = length(local.unknown_keys) == 0
    error_message = "API keys that can be used and are not in this state: ${join(", ", local.unknown_keys)}"
  }
  precondition {
    condition     = length(local.unused_keys) == 0
    error_message = "API keys that were never used, and die: ${join(", ", local.unused_keys)}"
  }
  precondition {
    condition     = try(local.newest_device.id, bunq_device_server.main.id) == bunq_device_server.main.id
    error_message = "The newest device is not that of this state: ${try("${local.newest_device.id}, ${local.newest_device.description}, from ${local.newest_device.ip}", "")}"
  }
  precondition {
    condition     = coalesce(local.active_client, bunq_oauth_client.main.id) == bunq_oauth_client.main.id
    error_message = "The user's active OAuth client is another one: ${coalesce(local.active_client, "-")}"
  }
}
