// Command providerschema prints the provider's schemas as "terraform providers schema -json" would,
// for the generator of the documentation.
//
// It asks the provider itself, in-process and over Terraform's protocol, because what a CLI prints
// depends on its version: Terraform 1.11 leaves out identities and list resources, OpenTofu names
// another registry. It knows nothing of any resource of this provider, and starts and stops
// nothing.
package main
