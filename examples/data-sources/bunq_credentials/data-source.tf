data "bunq_credentials" "all" {
  api_context = bunq_device_server.main.api_context
}

# A key that this state does not have: an old one, or one that somebody else made.
output "other_keys" {
  value = [
    for c in data.bunq_credentials.all.credentials : "${c.id} of ${coalesce(c.created, "an unknown time")}, ${c.status}"
    if c.id != bunq_psd2_credential.main.id
  ]
}
