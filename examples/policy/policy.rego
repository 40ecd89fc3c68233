# The same rules for Conftest or OPA:
#
#   terraform show -json plan > plan.json
#   conftest test --policy policy.rego plan.json
#   rm plan.json # it holds the secrets of the state
package main

import rego.v1

changes contains c if {
	some c in input.resource_changes
	not c.change.actions in [["no-op"], ["read"]]
}

deny contains sprintf("%s: cancels an OAuth client", [c.address]) if {
	some c in changes
	c.type == "bunq_oauth_client"
	"delete" in c.change.actions
}

deny contains sprintf("%s: deletion_protection is off", [c.address]) if {
	some c in changes
	c.type == "bunq_oauth_client"
	c.change.after.deletion_protection != true
}

deny contains sprintf("%s: the key is open to every address", [c.address]) if {
	some c in changes
	c.type == "bunq_device_server"
	"*" in c.change.after.permitted_ips
}

deny contains sprintf("%s: deactivate_on_destroy is off, so the key will not end with its successor", [c.address]) if {
	some c in changes
	c.type == "bunq_psd2_credential"
	c.change.after.deactivate_on_destroy != true
}
