package onboarding

import "strings"

// destroyInstead is the last way out of a device's error of a plan: a destroy makes a normal plan first,
// which the error would stop as well.
const destroyInstead = "to destroy instead, terraform destroy -refresh=false"

// destroyLine says the same as the last line of any other error of a plan.
const destroyLine = "\n\nTo destroy instead: terraform destroy -refresh=false."

// replaceInstallation makes another installation, and with it another device.
const replaceInstallation = "terraform apply -replace='bunq_installation.NAME'"

// replaceBoth makes another key, too.
const replaceBoth = replaceInstallation + " -replace='bunq_psd2_credential.NAME'"

// waysOut returns the next step if there are several. Each has a line of its own, which no CLI
// wraps, and a command ends it, so that it can be copied.
func waysOut(ways ...string) string { return "\n  - " + strings.Join(ways, "\n  - ") }

// endLater says how a key ends that is in no state any more.
const endLater = "A session of the same bunq user can still set its addresses inactive: the provider's guide \"Watching it\" has a recipe for a key that is in " +
	"no state."
