package onboarding_test

import (
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
	"github.com/openpsd2/terraform-provider-bunq/internal/provider"
)

// withClock gives the provider its time.
func withClock(now func() time.Time) acctest.Option {
	return acctest.WithProvider(provider.WithClock(now))
}

// withSimClock gives bunq its time.
func withSimClock(c bunqsim.Clock) acctest.Option {
	return acctest.WithSim(func(s *bunqsim.Config) { s.Clock = c })
}
