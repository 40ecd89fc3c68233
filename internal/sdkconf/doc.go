// Package sdkconf reads and writes the context files of bunq's own SDKs (bunq.conf). Users who
// registered with an SDK need not register again, and users who registered here can continue with
// an SDK.
//
// It owns the format of those files, as the SDKs for Python, Java and PHP write it (OBSERVED; bunq
// does not document it), and checks that the parts of a file belong together. It must not call
// bunq, and does not know Terraform. It ignores the session in a file, which is short-lived and
// belongs to the SDK that opened it.
package sdkconf
