locals {
  qseal = provider::bunq::parse_qseal_certificate(file("qseal.pem"))
}

check "qseal" {
  assert {
    condition     = local.qseal.kind == "seal" && contains(local.qseal.roles, "AISP")
    error_message = "qseal.pem is no QSEAL certificate for account information."
  }
  assert {
    condition     = timecmp(plantimestamp(), timeadd(local.qseal.not_after, "-720h")) < 0
    error_message = "qseal.pem runs out on ${local.qseal.not_after}: have it renewed."
  }
}

output "qseal" {
  value = "${local.qseal.organization_identifier}, ${join(" and ", local.qseal.roles)}, SHA-256 ${local.qseal.fingerprint_sha256}"
}
