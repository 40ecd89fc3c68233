data "bunq_device_servers" "all" {
  api_context = bunq_device_server.main.api_context
}

output "blocked" {
  value = [for d in data.bunq_device_servers.all.device_servers : "${d.description} from ${d.ip}" if d.status == "BLOCKED"]
}
