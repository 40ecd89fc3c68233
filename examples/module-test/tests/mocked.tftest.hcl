# Without bunq and without the simulator: nothing is called, and every computed value comes from
# mocks/bunq.tfmock.hcl. So it tests the module's own logic alone.

mock_provider "bunq" {
  source = "./tests/mocks"
}

variables {
  certificate_name = "Module Test"
  hosts            = ["app.example.com", "staging.example.com"]
}

run "makes_a_callback_url_for_each_host" {
  assert {
    condition     = length(output.callback_urls) == 2 && alltrue([for url in output.callback_urls : startswith(url, "https://")])
    error_message = "Each host has a callback URL."
  }
  assert {
    condition     = output.client_id != ""
    error_message = "The client's client_id is an output."
  }
}
