# What bunq and the provider would return. IDs at bunq are numbers, and the resources that take them
# look; what is left out here is a random text.

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
    api_context = {
      environment = "sandbox"
    }
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
