terraform {
  required_version = ">= 1.11"
  required_providers {
    bunq = {
      source  = "openpsd2/bunq"
      version = "~> 0.1.0"
    }
  }
}
