# The addresses of the key that the context has. Those of another key of the
# same user: credential_id, with an ID from data.bunq_credentials.
data "bunq_credential_ips" "own" {
  api_context = bunq_device_server.main.api_context
}

output "permitted" {
  value = [for p in data.bunq_credential_ips.own.permitted_ips : p.ip if p.status == "ACTIVE"]
}
