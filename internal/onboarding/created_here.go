package onboarding

import (
	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
)

// createdKey is an installation token or an API key that bunq handed out in this very
// run. Nothing can have been made with it before, so there is nothing to look for.
type createdKey bunq.Secret

func markCreated(data *providerdata.Data, secret bunq.Secret) {
	providerdata.Keep(data, createdKey(secret), true)
}

// isCreatedHere reports whether any of the secrets was noted by markCreated.
func isCreatedHere(data *providerdata.Data, secrets ...bunq.Secret) bool {
	for _, s := range secrets {
		if _, created := providerdata.Find[bool](data, createdKey(s)); created {
			return true
		}
	}
	return false
}
