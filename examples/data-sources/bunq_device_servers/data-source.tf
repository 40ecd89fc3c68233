provider "bunq" {
  environment  = "sandbox"
  context_file = "bunq.conf"
}

data "bunq_device_servers" "all" {}

output "blocked" {
  value = [for d in data.bunq_device_servers.all.device_servers : "${d.description} from ${d.ip}" if d.status == "BLOCKED"]
}
