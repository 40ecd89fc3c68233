# BUNQ_BASE_URL says where the simulator is.

variables {
  certificate_name = "Module Test"
  hosts            = ["app.example.com", "staging.example.com"]

  # terraform test destroys what it made; a protected client would stay.
  deletion_protection = false
}

run "refuses_no_hosts" {
  command = plan

  variables {
    hosts = []
  }

  expect_failures = [var.hosts]
}

run "plans_without_a_call" {
  command = plan

  assert {
    condition     = length(bunq_oauth_callback_url.app) == 2
    error_message = "A callback URL for each host is planned."
  }
}

run "onboards" {
  assert {
    condition     = output.client_id != ""
    error_message = "bunq returned no client_id."
  }
  assert {
    condition     = toset(output.callback_urls) == toset(["https://app.example.com/bunq/callback", "https://staging.example.com/bunq/callback"])
    error_message = "bunq has other callback URLs than the hosts ask for."
  }
}

run "drops_a_host" {
  variables {
    hosts = ["app.example.com"]
  }

  assert {
    condition     = toset(output.callback_urls) == toset(["https://app.example.com/bunq/callback"])
    error_message = "The callback URL of the host that went must go, too."
  }
}
