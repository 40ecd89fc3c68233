provider "bunq" {
  environment  = "sandbox"
  context_file = "bunq.conf"
}

# The addresses of the key that the context has. Those of another key of the
# same user: credential_id = bunq_psd2_credential.main.id.
data "bunq_credential_ips" "own" {}

output "permitted" {
  value = [for p in data.bunq_credential_ips.own.permitted_ips : p.ip if p.status == "ACTIVE"]
}
