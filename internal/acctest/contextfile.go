package acctest

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
)

// SDK is one of bunq's SDKs, by how it writes its context file.
type SDK string

// The SDKs whose context files are known.
const (
	Python SDK = "Python"
	Java   SDK = "Java"
	PHP    SDK = "PHP"
)

// SDKs are all of them.
var SDKs = []SDK{Python, Java, PHP}

// ContextFile writes the party's context file as the SDK does, each with the
// habits that were seen of it: Python writes no null members, Java has base64 on
// one line and escapes "=", PHP escapes "/" and spells members in camel case, and
// each names other user objects. The session in it ended long ago; its
// expiry_time has no zone. It returns the path.
func (p *Party) ContextFile(t *testing.T, sdk SDK) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "bunq-"+strings.ToLower(string(sdk))+".conf")
	writeFile(t, path, p.contextText(sdk))
	return path
}

func (p *Party) contextText(sdk SDK) string {
	private, public, server := p.PrivateKeyPEM, p.PublicKeyPEM, p.ServerPublicKeyPEM
	session := fmt.Sprintf(`"token": "0000000000000000000000000000000000000000000000000000000000000000",
    "expiry_time": "2019-05-14 12:24:50.861530",
    "user_id": %d`, p.UserID)
	var users, proxy string
	switch sdk {
	case Python:
		private, public, server = strings.TrimSpace(private), strings.TrimSpace(public), strings.TrimSpace(server)
		users = `"user_payment_service_provider": {"id": 1, "display_name": "x"}`
	case Java:
		private, public, server = oneLine(private), oneLine(public), oneLine(server)
		users = `"user_person": null, "user_company": null`
		proxy = `, "proxy": null`
	case PHP:
		users = `"userPerson": null, "userCompany": null, "userApiKey": null, "userPaymentServiceProvider": {"id": 1}`
		proxy = `, "proxy_url": null`
	}
	text := fmt.Sprintf(`{
  "environment_type": "SANDBOX",
  "api_key": %s,
  "installation_context": {
    "token": %s,
    "private_key_client": %s,
    "public_key_client": %s,
    "public_key_server": %s
  },
  "session_context": {
    %s,
    %s
  }%s
}`, quoted(sdk, p.APIKey), quoted(sdk, p.Token), quoted(sdk, private), quoted(sdk, public), quoted(sdk, server), session, users, proxy)
	return text
}

// quoted is a JSON string as the SDK writes it.
func quoted(sdk SDK, s string) string {
	text, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	switch sdk {
	case Java:
		return strings.ReplaceAll(string(text), "=", `\u003d`)
	case PHP:
		return strings.ReplaceAll(string(text), "/", `\/`)
	default:
		return string(text)
	}
}

// oneLine has the base64 of a PEM block on one line, between its two markers.
func oneLine(pem string) string {
	lines := strings.Split(strings.TrimSpace(pem), "\n")
	last := len(lines) - 1
	return lines[0] + "\n" + strings.Join(lines[1:last], "") + "\n" + lines[last] + "\n"
}
