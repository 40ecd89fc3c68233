# Leaving Terraform: a removed block in place of each resource. The apply forgets
# them; bunq keeps everything, and end users notice nothing.

terraform {
  required_version = ">= 1.11"
  required_providers {
    bunq = {
      source = "openpsd2/bunq"
    }
  }
}

provider "bunq" {
  environment = "sandbox"
}

removed {
  from = bunq_notification_filters.main
  lifecycle {
    destroy = false
  }
}

removed {
  from = bunq_oauth_callback_url.app
  lifecycle {
    destroy = false
  }
}

removed {
  from = bunq_oauth_client.main
  lifecycle {
    destroy = false
  }
}

removed {
  from = bunq_device_server.main
  lifecycle {
    destroy = false
  }
}

removed {
  from = bunq_psd2_credential.main
  lifecycle {
    destroy = false
  }
}

removed {
  from = bunq_installation.main
  lifecycle {
    destroy = false
  }
}

removed {
  from = bunq_sandbox_certificate.main
  lifecycle {
    destroy = false
  }
}
