resource "bunq_sandbox_certificate" "main" {
  name               = "Example Payments"
  roles              = ["AISP", "PISP"]
  early_renewal_days = 30
}
