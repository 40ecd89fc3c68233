package providerdata

import (
	"context"
	"strconv"

	"github.com/openpsd2/terraform-provider-bunq/internal/session"
)

// noteCredential is the note of which credential the key of an API context belongs to.
// bunq does not say, and a context only has the key.
const noteCredential = "credential"

// NoteCredential notes the credential of the key of an API context.
func NoteCredential(ctx context.Context, source *session.Source, id string) {
	if noted, _ := source.Noted(ctx, noteCredential); noted != id {
		source.Note(ctx, noteCredential, id)
	}
}

// CredentialOf returns the credential of the key of an API context, 0 if it was not noted.
func CredentialOf(ctx context.Context, source *session.Source) int64 {
	noted, _ := source.Noted(ctx, noteCredential)
	id, err := strconv.ParseInt(noted, 10, 64)
	if err != nil {
		return 0
	}
	return id
}

// noteComing is the note that a plan registers a device for the key of an API context.
// Until then bunq refuses the key, in the same words as a dead one.
const noteComing = "device to come"

// NoteComingDevice notes that a plan registers a device for the key. Resources of another
// provider block see it as well, although they run in another process.
func NoteComingDevice(ctx context.Context, source *session.Source) {
	if !HasComingDevice(ctx, source) {
		source.Note(ctx, noteComing, "yes")
	}
}

// HasComingDevice reports whether a device for the key was planned, and not made yet.
func HasComingDevice(ctx context.Context, source *session.Source) bool {
	_, coming := source.Noted(ctx, noteComing)
	return coming
}

// ForgetComingDevice notes that the device was made.
func ForgetComingDevice(ctx context.Context, source *session.Source) {
	if HasComingDevice(ctx, source) {
		source.ClearNote(ctx, noteComing)
	}
}
