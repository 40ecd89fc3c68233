package sdkconf

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/signing"
)

const (
	apiKey  = "test_key_0123456789abcdef0123456789abcdef0123456789abcdef01234567"
	token   = "test_installation_89abcdef0123456789abcdef0123456789abcdef012345"
	session = "test_session_cdef0123456789abcdef0123456789abcdef0123456789abcdef"
)

func file(tb testing.TB, name string) string {
	tb.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		tb.Fatal(err)
	}
	return string(text)
}

// want is what all three files hold, beside the environment.
func want(tb testing.TB, e bunq.Environment) Context {
	tb.Helper()
	return Context{
		Environment:        e,
		APIKey:             apiKey,
		InstallationToken:  token,
		PrivateKeyPEM:      bunq.Secret(file(tb, "client.key")),
		PublicKeyPEM:       file(tb, "client.pub"),
		ServerPublicKeyPEM: file(tb, "server.pub"),
		UserID:             42,
	}
}

// mustNotShow checks that a text has nothing of the secrets in the files.
func mustNotShow(t *testing.T, text string) {
	t.Helper()
	secrets := []string{apiKey, token, session}
	for line := range strings.Lines(file(t, "client.key")) {
		if !strings.HasPrefix(line, "-----") && len(line) > 32 {
			secrets = append(secrets, line[:32])
		}
	}
	for _, s := range secrets {
		if strings.Contains(text, s) {
			t.Errorf("a secret is shown: %s", text)
			return
		}
	}
}

func TestRead_takesTheFilesOfEverySDK(t *testing.T) {
	for name, environment := range map[string]bunq.Environment{
		"python.conf": bunq.Sandbox, "java.conf": bunq.Production, "php.conf": bunq.Sandbox,
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Read(filepath.Join("testdata", name))
			if err != nil {
				t.Fatal(err)
			}
			if *got != want(t, environment) {
				t.Errorf("got another context: %+v", got)
			}
			for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
				mustNotShow(t, fmt.Sprintf(format, got)+fmt.Sprintf(format, *got))
			}
		})
	}
}

// changed is python.conf with a change of its decoded form.
func changed(t *testing.T, change func(top, installation map[string]any)) []byte {
	t.Helper()
	var top map[string]any
	if err := json.Unmarshal([]byte(file(t, "python.conf")), &top); err != nil {
		t.Fatal(err)
	}
	installation, ok := top["installation_context"].(map[string]any)
	if !ok {
		t.Fatal("python.conf has no installation_context")
	}
	change(top, installation)
	data, err := json.Marshal(top)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestParse_tolerates(t *testing.T) {
	onOneLine := func(s string) string { return strings.ReplaceAll(s, "\n", " ") }
	for _, tt := range []struct {
		name   string
		change func(top, installation map[string]any)
		userID int64
	}{
		{"no session", func(top, _ map[string]any) { delete(top, "session_context") }, 0},
		{"a session that is null", func(top, _ map[string]any) { top["session_context"] = nil }, 0},
		{"PHP's empty array for a session", func(top, _ map[string]any) { top["session_context"] = []any{} }, 0},
		{"a session without a user", func(top, _ map[string]any) { top["session_context"] = map[string]any{} }, 0},
		{"a user that is null", func(top, _ map[string]any) { top["session_context"] = map[string]any{"user_id": nil} }, 0},
		{"a user that is no number", func(top, _ map[string]any) { top["session_context"] = map[string]any{"user_id": "x"} }, 0},
		{"a user below zero", func(top, _ map[string]any) { top["session_context"] = map[string]any{"user_id": -42} }, 0},
		{"a user as a string", func(top, _ map[string]any) { top["session_context"] = map[string]any{"user_id": "42"} }, 42},
		{"members that are not known", func(top, in map[string]any) { top["new"], in["new"] = 1, []any{"x"} }, 42},
		{"a small environment", func(top, _ map[string]any) { top["environment_type"] = "sandbox" }, 42},
		{"white space around key and token", func(top, in map[string]any) { top["api_key"], in["token"] = apiKey+"\n", " "+token }, 42},
		{"no public key, which is half of the private one", func(_, in map[string]any) { delete(in, "public_key_client") }, 42},
		{"line ends escaped twice", func(_, in map[string]any) {
			in["private_key_client"] = strings.ReplaceAll(file(t, "client.key"), "\n", `\r\n`)
			in["public_key_client"] = strings.ReplaceAll(file(t, "client.pub"), "\n", `\n`)
			in["public_key_server"] = strings.ReplaceAll(file(t, "server.pub"), "\n", `\n`)
		}, 42},
		{"slashes escaped twice", func(_, in map[string]any) {
			in["private_key_client"] = strings.ReplaceAll(file(t, "client.key"), "/", `\/`)
		}, 42},
		{"whole PEMs on one line", func(_, in map[string]any) {
			in["private_key_client"], in["public_key_server"] = onOneLine(file(t, "client.key")), onOneLine(file(t, "server.pub"))
		}, 42},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Parse(changed(t, tt.change))
			if err != nil {
				t.Fatal(err)
			}
			expected := want(t, bunq.Sandbox)
			expected.UserID = tt.userID
			if *got != expected {
				t.Errorf("got another context: %+v", got)
			}
		})
	}
	t.Run("a byte order mark", func(t *testing.T) {
		if _, err := Parse([]byte("\ufeff" + file(t, "php.conf"))); err != nil {
			t.Error(err)
		}
	})
}

func TestParse_saysWhatIsWrong(t *testing.T) {
	set := func(inside bool, member string, value any) []byte {
		return changed(t, func(top, installation map[string]any) {
			if inside {
				top = installation
			}
			top[member] = value
		})
	}
	cut := file(t, "php.conf")
	for _, tt := range []struct {
		name string
		data []byte
		want error
		says []string
	}{
		{"nothing", nil, ErrNotJSON, []string{"empty"}},
		{"text", []byte("api_key = x"), ErrNotJSON, []string{"line 1"}},
		{"cut off", []byte(cut[:len(cut)-20]), ErrNotJSON, []string{"line 18"}},
		{"a list", []byte("[]"), ErrNotJSON, []string{"not an object"}},
		{"null", []byte("null"), ErrNotJSON, []string{"not an object"}},
		{"a number for the API key", set(false, "api_key", 5551234), ErrNotJSON, []string{"api_key"}},
		{"a list for the token", set(true, "token", []string{"x"}), ErrNotJSON, []string{"installation_context.token"}},
		{"text for the installation", set(false, "installation_context", "x"), ErrNotJSON, []string{"installation_context"}},
		{"an empty object", []byte("{}"), ErrIncomplete, []string{"environment_type", "api_key", "installation_context.token",
			"private_key_client", "public_key_server"}},
		{"UTF-16, as PowerShell writes it", []byte("\xff\xfe{\x00}\x00"), ErrNotJSON, []string{"UTF-16", "save it as UTF-8"}},
		{"UTF-16 in the other order", []byte("\xfe\xff\x00{\x00}"), ErrNotJSON, []string{"UTF-16"}},
		{"null and blank members", changed(t, func(top, in map[string]any) { top["api_key"], in["token"] = nil, " " }),
			ErrIncomplete, []string{"empty: api_key, installation_context.token"}},
		{"another environment", set(false, "environment_type", "STAGING"), ErrUnknownEnvironment, []string{`"STAGING"`, `"PRODUCTION"`}},
		{"a private key that is none", set(true, "private_key_client", "x"), signing.ErrNotPEM, []string{"private_key_client"}},
		{"a private key that is damaged", set(true, "private_key_client", strings.Replace(file(t, "client.key"), "MII", "MIJ", 1)),
			signing.ErrMalformedKey, []string{"private_key_client"}},
		{"the public key for the private one", set(true, "private_key_client", file(t, "client.pub")), signing.ErrWrongPEMType, []string{"private_key_client"}},
		{"a public key that is none", set(true, "public_key_client", "x"), signing.ErrNotPEM, []string{"public_key_client"}},
		{"a server key that is none", set(true, "public_key_server", file(t, "client.key")), signing.ErrWrongPEMType, []string{"public_key_server"}},
		{"keys of two pairs", set(true, "public_key_client", file(t, "other.pub")), ErrKeyMismatch, []string{"public_key_client"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := Parse(tt.data)
			if !errors.Is(err, tt.want) || c != nil {
				t.Fatalf("Parse = %v, %v; want %v", c, err, tt.want)
			}
			for _, part := range tt.says {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("the error does not say %q: %v", part, err)
				}
			}
			mustNotShow(t, err.Error())
			if strings.Contains(err.Error(), "5551234") {
				t.Errorf("the error quotes a value: %v", err)
			}
		})
	}
}

func TestRead_saysWhatIsWrongWithTheFile(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, tt := range []struct {
		name, path string
		want       error
		says       string
	}{
		{"no path", "", fs.ErrNotExist, "bunq.conf"},
		{"no such file", filepath.Join(dir, "absent.conf"), fs.ErrNotExist, "working directory"},
		{"a home that is not expanded", "~/bunq.conf", fs.ErrNotExist, "pathexpand("},
		{"a folder", dir, ErrNotFile, dir + " is no file, but a folder, a pipe or a device"},
		{"something large", write("large", strings.Repeat(" ", maxSize+1)), ErrTooLarge, "more than 1 MiB"},
		{"a device without an end", os.DevNull, ErrNotFile, "device"},
		{"no context, with its path", write("other.json", "{}"), ErrIncomplete, "other.json"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := Read(tt.path)
			if err == nil || c != nil || tt.want != nil && !errors.Is(err, tt.want) {
				t.Fatalf("Read = %v, %v; want %v", c, err, tt.want)
			}
			if !strings.Contains(err.Error(), tt.says) {
				t.Errorf("the error does not say %q: %v", tt.says, err)
			}
		})
	}
}

func TestRead_takesAFileOfExactlyOneMiB(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bunq.conf")
	text := file(t, "python.conf")
	padded := text + strings.Repeat(" ", 1<<20-len(text))
	if err := os.WriteFile(path, []byte(padded), 0o600); err != nil {
		t.Fatal(err)
	}

	if _, err := Read(path); err != nil {
		t.Error(err)
	}
}

func TestMarshal_isReadBack(t *testing.T) {
	for _, e := range []bunq.Environment{bunq.Sandbox, bunq.Production} {
		t.Run(string(e), func(t *testing.T) {
			expected := want(t, e)
			given := expected
			given.PublicKeyPEM = ""
			for _, c := range []Context{expected, given} {
				data, err := Marshal(c)
				if err != nil {
					t.Fatal(err)
				}
				got, err := Parse(data)
				if err != nil || *got != expected {
					t.Errorf("read back: %+v, %v", got, err)
				}
			}
		})
	}
}

// What the SDKs read, by name: the reader of this package would also take less.
func TestMarshal_hasWhatTheSDKsLoad(t *testing.T) {
	data, err := Marshal(want(t, bunq.Production))
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		EnvironmentType string            `json:"environment_type"`
		APIKey          string            `json:"api_key"`
		Installation    map[string]string `json:"installation_context"`
		Session         map[string]any    `json:"session_context"`
	}
	if err := json.Unmarshal(data, &got); err != nil {
		t.Fatal(err)
	}
	if got.EnvironmentType != "PRODUCTION" || got.APIKey != apiKey {
		t.Errorf("environment %q, key %q", got.EnvironmentType, got.APIKey)
	}
	for member, value := range map[string]string{
		"token": token, "private_key_client": file(t, "client.key"), "public_key_client": file(t, "client.pub"), "public_key_server": file(t, "server.pub"),
	} {
		if got.Installation[member] != value {
			t.Errorf("%s is %q", member, got.Installation[member])
		}
	}
	if got.Session["token"] != "" || got.Session["expiry_time"] != "1970-01-01 00:00:00.000000" || got.Session["user_id"] != 42.0 {
		t.Errorf("session %v", got.Session)
	}
	// OBSERVED: without a user object, neither SDK loads what it has restored.
	for _, name := range []string{"user_payment_service_provider", "userPaymentServiceProvider"} {
		if user, _ := got.Session[name].(map[string]any); len(user) != 1 || user["id"] != 42.0 {
			t.Errorf("%s is %v", name, got.Session[name])
		}
	}
}

// A user that is not known is not made up.
func TestMarshal_withoutAUser(t *testing.T) {
	c := want(t, bunq.Sandbox)
	c.UserID = 0
	data, err := Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	if text := strings.ToLower(string(data)); strings.Contains(text, "paymentserviceprovider") || strings.Contains(text, "payment_service_provider") {
		t.Error("the file names a user")
	}
}

func TestMarshal_refusesWhatCouldNotBeRead(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*Context)
		want   error
	}{
		{"no private key", func(c *Context) { c.PrivateKeyPEM = "" }, signing.ErrNotPEM},
		{"no API key", func(c *Context) { c.APIKey = "" }, ErrIncomplete},
		{"no environment", func(c *Context) { c.Environment = "" }, ErrIncomplete},
		{"another environment", func(c *Context) { c.Environment = "staging" }, ErrUnknownEnvironment},
		{"no server key", func(c *Context) { c.ServerPublicKeyPEM = "x" }, signing.ErrNotPEM},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := want(t, bunq.Sandbox)
			tt.change(&c)
			data, err := Marshal(c)
			if !errors.Is(err, tt.want) || data != nil {
				t.Fatalf("error %v, want %v", err, tt.want)
			}
			mustNotShow(t, err.Error())
		})
	}
}

func FuzzParse(f *testing.F) {
	for _, name := range []string{"python.conf", "java.conf", "php.conf"} {
		f.Add([]byte(file(f, name)))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Parse(data)
		if err != nil {
			return
		}
		written, err := Marshal(*c)
		if err != nil {
			t.Fatalf("what was read cannot be written: %v", err)
		}
		again, err := Parse(written)
		if err != nil || *again != *c {
			t.Errorf("written and read again it is another: %v", err)
		}
	})
}
