// Package sdkconf reads and writes the context files of bunq's own SDKs (bunq.conf), so that who has registered with one of
// them need not register anew, and who has registered here can go on with one of them.
//
// It owns the form of those files, as the SDKs for Python, Java and PHP write it (OBSERVED; bunq documents none), and checks
// that what is in one fits together. It must not ask bunq anything, and knows no Terraform. The session in a file is passed
// over: it is short-lived and belongs to the SDK that opened it.
package sdkconf
