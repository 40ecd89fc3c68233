#!/bin/sh
# Takes away what the last night left, and makes it again.
set -eu

# Without a refresh no plan can refuse it. After a reset of bunq's sandbox nothing of the state is there any more, and the
# destroy fails: then the state is forgotten.
if ! terraform destroy -refresh=false -auto-approve; then
  terraform state list | grep '^bunq_' | tr '\n' '\0' | xargs -0 terraform state rm
fi
terraform apply -auto-approve
