package sdkconf

import (
	"errors"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
)

// Context is the content of a context file, without the session.
type Context struct {
	Environment       bunq.Environment
	APIKey            bunq.Secret
	InstallationToken bunq.Secret
	// The keys are in canonical PEM (64 columns, LF, with a final one), the private one as PKCS#8
	// and the public ones as SubjectPublicKeyInfo, whatever form they had in the file.
	PrivateKeyPEM      bunq.Secret
	PublicKeyPEM       string
	ServerPublicKeyPEM string
	// UserID is the ID of the bunq user whose session was saved last; 0 if absent. It is not
	// verified.
	UserID int64
}

// Why a file is not a usable context, besides the errors of package signing for keys and those of
// the file system. None of them holds any part of a secret.
var (
	// ErrNotJSON means that the content is not one JSON object of the expected form.
	ErrNotJSON = errors.New("not the context file of a bunq SDK")
	// ErrNotFile means a folder, a named pipe or a device.
	ErrNotFile = errors.New("no file")
	// ErrTooLarge means a file that is far larger than such a file is.
	ErrTooLarge = errors.New("too large")
	// ErrIncomplete means that members are missing, null or empty. All of them are named.
	ErrIncomplete = errors.New("incomplete context file")
	// ErrUnknownEnvironment means an environment_type other than SANDBOX and PRODUCTION.
	ErrUnknownEnvironment = errors.New("unknown environment_type")
	// ErrKeyMismatch means that private_key_client and public_key_client are not one pair.
	ErrKeyMismatch = errors.New("private_key_client does not match public_key_client")
)

// The names of the members in the file, for errors.
const (
	memberEnvironment = "environment_type"
	memberAPIKey      = "api_key"
	memberToken       = "installation_context.token"
	memberPrivateKey  = "installation_context.private_key_client"
	memberPublicKey   = "installation_context.public_key_client"
	memberServerKey   = "installation_context.public_key_server"
)
