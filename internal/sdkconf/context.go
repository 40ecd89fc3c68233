package sdkconf

import (
	"errors"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
)

// Context is what a context file holds and outlives a session.
type Context struct {
	Environment       bunq.Environment
	APIKey            bunq.Secret
	InstallationToken bunq.Secret
	// The keys are in canonical PEM (64 columns, LF, with a final one), the private one as PKCS#8 and the public ones as
	// SubjectPublicKeyInfo, whatever form they had in the file.
	PrivateKeyPEM      bunq.Secret
	PublicKeyPEM       string
	ServerPublicKeyPEM string
	// UserID is the id of the bunq user whose session was saved last; 0 when absent. Nothing proves that it is still right.
	UserID int64
}

// Why a file is no usable context; beside these, the errors of package signing for keys, and those of the file system. None
// holds anything of a secret.
var (
	// ErrNotJSON means that the content is not one JSON object of the form expected.
	ErrNotJSON = errors.New("not the context file of a bunq SDK")
	// ErrIncomplete means that members are missing, null or empty. All of them are named.
	ErrIncomplete = errors.New("incomplete context file")
	// ErrUnknownEnvironment means an environment_type other than SANDBOX and PRODUCTION.
	ErrUnknownEnvironment = errors.New("unknown environment_type")
	// ErrKeyMismatch means that private_key_client and public_key_client are not of one pair.
	ErrKeyMismatch = errors.New("private_key_client does not fit public_key_client")
)

// The members by their names in the file, for errors.
const (
	memberEnvironment = "environment_type"
	memberAPIKey      = "api_key"
	memberToken       = "installation_context.token"
	memberPrivateKey  = "installation_context.private_key_client"
	memberPublicKey   = "installation_context.public_key_client"
	memberServerKey   = "installation_context.public_key_server"
)
