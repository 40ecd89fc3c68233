# Without bunq and without the simulator: nothing is called, and computed values are made up. So it
# tests the module's own logic alone. (Terraform also reads the mocks from a folder, with source =;
# OpenTofu does not.)

mock_provider "bunq" {
  # IDs at bunq are numbers, and the resources that take them look. What is left out is a random text.
  mock_resource "bunq_installation" {
    defaults = {
      id          = "1"
      environment = "sandbox"
    }
  }

  mock_resource "bunq_psd2_credential" {
    defaults = {
      id     = "184760"
      status = "ACTIVE"
    }
  }

  mock_resource "bunq_device_server" {
    defaults = {
      id = "2523"
    }
  }

  mock_resource "bunq_oauth_client" {
    defaults = {
      id      = "633"
      user_id = "28196"
      status  = "ACTIVE"
    }
  }

  mock_resource "bunq_oauth_callback_url" {
    defaults = {
      id      = "693"
      user_id = "28196"
    }
  }
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
