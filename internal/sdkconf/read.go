package sdkconf

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/signing"
)

// maxSize is in bytes, and far above what an SDK writes (about 10 KB with a whole user).
const maxSize = 1 << 20

// Read reads the context file at path. The error names the path and wraps that of the file system
// or of [Parse].
func Read(path string) (*Context, error) {
	data, err := ReadFile(path, maxSize)
	if err != nil {
		return nil, fmt.Errorf("context file: %w%s", err, openRemedy(path, err))
	}
	c, err := Parse(data)
	if err != nil {
		return nil, fmt.Errorf("context file %s: %w", path, err)
	}
	return c, nil
}

// ReadFile reads a file that a user named, of at most limit bytes. Only a regular one is opened:
// reading a named pipe would wait for somebody to write to it, and a device may have no end.
//
// Errors: those of the file system; ErrNotFile, ErrTooLarge.
func ReadFile(path string, limit int64) (_ []byte, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is %w, but a folder, a pipe or a device", path, ErrNotFile)
	}

	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = fmt.Errorf("%s is %w: more than %d MiB", path, ErrTooLarge, limit>>20)
	}
	return data, err
}

func openRemedy(path string, err error) string {
	switch {
	case path == "":
		return "; set the path of a context file, which bunq's SDKs call bunq.conf"
	case strings.HasPrefix(path, "~"):
		return `; "~" is not expanded: write the whole path or use pathexpand(…)`
	case errors.Is(err, fs.ErrNotExist):
		return "; a relative path starts at the working directory"
	default:
		return ""
	}
}

// fileContext is the format of the file. Other members (proxy, user objects, the session itself)
// are ignored.
type fileContext struct {
	Environment  string            `json:"environment_type"`
	APIKey       string            `json:"api_key"`
	Installation *fileInstallation `json:"installation_context"`
	Session      json.RawMessage   `json:"session_context"`
}

type fileInstallation struct {
	Token      string `json:"token"`
	PrivateKey string `json:"private_key_client"`
	PublicKey  string `json:"public_key_client"`
	ServerKey  string `json:"public_key_server"`
}

// Parse reads the content of a context file that one of bunq's SDKs wrote. PEM bodies may be on one
// line, and line ends and slashes in them may be escaped once (by JSON) or twice (in files pasted
// through a shell). The error wraps one of this package's, or signing.ErrNotPEM,
// signing.ErrMalformedKey and so on with the name of the member.
func Parse(data []byte) (*Context, error) {
	f, err := decode(data)
	if err != nil {
		return nil, err
	}

	if f.Installation == nil {
		f.Installation = &fileInstallation{}
	}
	if err := f.complete(); err != nil {
		return nil, err
	}

	environment, err := bunq.ParseEnvironment(strings.ToLower(strings.TrimSpace(f.Environment)))
	if err != nil {
		return nil, fmt.Errorf(`%w: it is %.40q, but must be "SANDBOX" or "PRODUCTION"`, ErrUnknownEnvironment, f.Environment)
	}

	c := &Context{
		Environment:       environment,
		APIKey:            bunq.Secret(strings.TrimSpace(f.APIKey)),
		InstallationToken: bunq.Secret(strings.TrimSpace(f.Installation.Token)),
	}
	if err := c.readKeys(f.Installation); err != nil {
		return nil, err
	}

	c.UserID = userID(f.Session)
	return c, nil
}

// decode reads the JSON. It does not wrap errors of encoding/json that could quote the content.
func decode(data []byte) (*fileContext, error) {
	if bytes.HasPrefix(data, []byte{0xff, 0xfe}) || bytes.HasPrefix(data, []byte{0xfe, 0xff}) {
		return nil, fmt.Errorf("%w: it is in UTF-16, as an older PowerShell writes a file; save it as UTF-8", ErrNotJSON)
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	if len(bytes.TrimSpace(data)) == 0 {
		return nil, fmt.Errorf("%w: it is empty", ErrNotJSON)
	}

	var f *fileContext

	err := json.Unmarshal(data, &f)
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case errors.As(err, &syntax):
		line := 1 + bytes.Count(data[:min(int(syntax.Offset), len(data))], []byte("\n"))
		return nil, fmt.Errorf("%w: the JSON ends too early or is malformed at line %d", ErrNotJSON, line)
	case errors.As(err, &kind) && kind.Field != "":
		return nil, fmt.Errorf("%w: %s has another JSON type than the SDKs write", ErrNotJSON, kind.Field)
	case err != nil || f == nil:
		return nil, fmt.Errorf("%w: it is JSON, but not an object", ErrNotJSON)
	}
	return f, nil
}

// complete returns an error that names every missing member, so that a file can be fixed in one go. The
// public key may be missing: it is half of the private one.
func (f *fileContext) complete() error {
	var missing []string
	for _, m := range []struct{ name, value string }{
		{memberEnvironment, f.Environment},
		{memberAPIKey, f.APIKey},
		{memberToken, f.Installation.Token},
		{memberPrivateKey, f.Installation.PrivateKey},
		{memberServerKey, f.Installation.ServerKey},
	} {
		if strings.TrimSpace(m.value) == "" {
			missing = append(missing, m.name)
		}
	}

	if len(missing) > 0 {
		return fmt.Errorf("%w: missing or empty: %s", ErrIncomplete, strings.Join(missing, ", "))
	}
	return nil
}

// unescape undoes a second escaping. PEM has no backslashes, so they cannot mean anything else.
var unescape = strings.NewReplacer(`\r`, "", `\n`, "\n", `\/`, "/")

func (c *Context) readKeys(f *fileInstallation) error {
	private, err := signing.ParsePrivateKey(unescape.Replace(f.PrivateKey))
	if err != nil {
		return fmt.Errorf("%s: %w", memberPrivateKey, err)
	}

	public := &private.PublicKey
	if strings.TrimSpace(f.PublicKey) != "" {
		if public, err = signing.ParsePublicKey(unescape.Replace(f.PublicKey)); err != nil {
			return fmt.Errorf("%s: %w", memberPublicKey, err)
		}
	}

	server, err := signing.ParsePublicKey(unescape.Replace(f.ServerKey))
	if err != nil {
		return fmt.Errorf("%s: %w", memberServerKey, err)
	}

	if !private.PublicKey.Equal(public) {
		return fmt.Errorf("%w: the file was put together from two installations; use one as an SDK wrote it", ErrKeyMismatch)
	}

	keys := bunq.Installation{PrivateKey: private, ServerPublicKey: server}
	c.PrivateKeyPEM, c.PublicKeyPEM, c.ServerPublicKeyPEM, err = keys.PEM()
	return err
}

// userID returns the ID of the session's user, which is a number or a string with one. It is only a
// hint, so for anything else (nothing, null, PHP's empty array) it returns 0.
func userID(session json.RawMessage) int64 {
	var s struct {
		UserID json.RawMessage `json:"user_id"`
	}
	if json.Unmarshal(session, &s) != nil {
		return 0
	}

	id, err := strconv.ParseInt(strings.Trim(string(s.UserID), `"`), 10, 64)
	if err != nil {
		return 0
	}
	return max(id, 0)
}
