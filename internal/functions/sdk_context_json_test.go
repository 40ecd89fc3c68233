package functions

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"maps"
	"strings"
	"sync"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
)

// contextKeys are the client's and bunq's keys, made once.
var contextKeys = sync.OnceValues(func() (client, server *rsa.PrivateKey) {
	var keys [2]*rsa.PrivateKey
	for i := range keys {
		var err error
		if keys[i], err = rsa.GenerateKey(rand.Reader, 2048); err != nil {
			panic(err)
		}
	}
	return keys[0], keys[1]
})

const (
	theAPIKey = "5ecret-api-key"
	theToken  = "5ecret-installation-token"
)

// apiContext are the members of an api_context.
func apiContext(t *testing.T) map[string]attr.Value {
	t.Helper()
	client, server := contextKeys()
	public, err := x509.MarshalPKIXPublicKey(&server.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	return map[string]attr.Value{
		"environment": text("sandbox"), "api_key": text(theAPIKey), "installation_token": text(theToken),
		// PKCS#1, which the SDKs do not read.
		"private_key_pem": text(string(pem.EncodeToMemory(&pem.Block{
			Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(client),
		}))),
		"server_public_key_pem": text(string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public}))),
	}
}

func contextObject(members map[string]attr.Value) types.Object {
	return types.ObjectValueMust(providerdata.APIContextTypes(), members)
}

// with is the context with one member changed.
func with(members map[string]attr.Value, name string, value attr.Value) types.Object {
	changed := maps.Clone(members)
	changed[name] = value
	return contextObject(changed)
}

func TestSDKContextJSON(t *testing.T) {
	client, server := contextKeys()
	for environment, want := range map[string]string{"sandbox": "SANDBOX", "production": "PRODUCTION"} {
		t.Run(environment, func(t *testing.T) {
			result := mustCall(t, NewSDKContextJSON(), with(apiContext(t), "environment", text(environment)), text("9007199254740993"))
			got, err := ReadSDKFile(result.(types.String).ValueString())
			if err != nil {
				t.Fatal(err)
			}
			if got.Environment != want || got.APIKey != theAPIKey || got.Token != theToken || got.UserID != 9007199254740993 {
				t.Errorf("read %q, key and token given: %v, %v, user %d", got.Environment, got.APIKey == theAPIKey, got.Token == theToken, got.UserID)
			}
			if !got.ClientKey.Equal(client) || !got.ServerKey.Equal(&server.PublicKey) {
				t.Error("other keys than those given")
			}
		})
	}
}

// A part that is not known yet leaves the text unknown, and hides no mistake in another one.
func TestSDKContextJSON_unknown(t *testing.T) {
	good := apiContext(t)
	user := text("42")
	cases := map[string][]attr.Value{
		"the context":  {types.ObjectUnknown(providerdata.APIContextTypes()), user},
		"the user":     {contextObject(good), unknown},
		"both of them": {types.ObjectUnknown(providerdata.APIContextTypes()), unknown},
	}
	for name := range good {
		cases[name] = []attr.Value{with(good, name, unknown), user}
	}
	for name, arguments := range cases {
		if got := mustCall(t, NewSDKContextJSON(), arguments...); !got.IsUnknown() {
			t.Errorf("%s unknown: got a value", name)
		}
	}

	for name, tc := range map[string]struct {
		arguments []attr.Value
		at        int64
	}{
		"a wrong user":                         {[]attr.Value{types.ObjectUnknown(providerdata.APIContextTypes()), text("x")}, 1},
		"a wrong environment":                  {[]attr.Value{with(good, "environment", text("staging")), unknown}, 0},
		"a key that is none, the user unknown": {[]attr.Value{with(good, "private_key_pem", text("x")), unknown}, 0},
	} {
		if _, err := call(t, NewSDKContextJSON(), tc.arguments...); err == nil || err.FunctionArgument == nil || *err.FunctionArgument != tc.at {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestSDKContextJSON_messages(t *testing.T) {
	good := apiContext(t)
	member := func(name string, value attr.Value) []attr.Value {
		return []attr.Value{with(good, name, value), text("42")}
	}
	user := func(s string) []attr.Value { return []attr.Value{contextObject(good), text(s)} }
	empty := map[string]attr.Value{}
	for name := range good {
		empty[name] = types.StringNull()
	}
	key := good["private_key_pem"].(types.String).ValueString()
	secrets := []string{"5ecret", strings.Split(key, "\n")[1]}
	messages(t, NewSDKContextJSON(), "sdk_context_json.golden", secrets, []badCall{
		{"a member that is null", member("api_key", types.StringNull())},
		{"a member that is empty", member("installation_token", text(""))},
		{"all members null", []attr.Value{contextObject(empty), text("42")}},
		{"an unknown environment", member("environment", text("5ecret"))},
		{"a private key that is none", member("private_key_pem", text("5ecret"))},
		{"a server key that is none", member("server_public_key_pem", text("5ecret"))},
		{"the private key in place of the server's", member("server_public_key_pem", text(key))},
		{"an empty user id", user("")},
		{"the user's name", user("5ecret")},
		{"no user at all", user("0")},
		{"a negative user id", user("-42")},
		{"a fraction of a user", user("42.5")},
		{"a user id with a sign", user("+42")},
		{"a user id with a zero before it", user("042")},
		{"more than bunq can count", user("9223372036854775808")},
	})
}
