variable "callback_urls" {
  description = "Addresses that bunq may send end users back to."
  type        = set(string)
  default = [
    "https://app.example.com/bunq/callback",
    "https://staging.example.com/bunq/callback",
  ]
}

variable "permitted_ips" {
  description = "Public addresses that may use the API key, together with this machine's. Null: this machine's only."
  type        = set(string)
  default     = null
}

variable "deletion_protection" {
  description = "Refuse plans that would cancel the OAuth client."
  type        = bool
  default     = true
}

variable "authorization_page" {
  description = "bunq's authorisation page: \"sandbox\", or the address of a simulator's."
  type        = string
  default     = "sandbox"
}
