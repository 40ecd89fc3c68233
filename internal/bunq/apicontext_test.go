package bunq_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/signing"
)

func TestNewInstallation(t *testing.T) {
	private, err := signing.MarshalPrivateKey(clientKey())
	if err != nil {
		t.Fatal(err)
	}
	server := serverPEM()
	got, err := bunq.NewInstallation(bunq.Secret(installationToken), bunq.Secret(private), server)
	if err != nil {
		t.Fatal(err)
	}
	if got.Token.Reveal() != installationToken || !got.PrivateKey.Equal(clientKey()) || !got.ServerPublicKey.Equal(&serverKey().PublicKey) {
		t.Error("it is another installation")
	}
	for name, c := range map[string]struct {
		token, private, server string
		want                   error
		says                   string
	}{
		"no token":                     {"", private, server, nil, "token"},
		"no private key":               {"t", "", server, signing.ErrNotPEM, "private key"},
		"the public half":              {"t", server, server, signing.ErrWrongPEMType, "private key"},
		"the private key as bunq's":    {"t", private, private, signing.ErrWrongPEMType, "server public key"},
		"a server key that is missing": {"t", private, "", signing.ErrNotPEM, "server public key"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := bunq.NewInstallation(bunq.Secret(c.token), bunq.Secret(c.private), c.server)
			if err == nil || c.want != nil && !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), private[30:60]) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// A user agent may have every visible ASCII character, and blanks between them.
func TestNewClient_userAgent(t *testing.T) {
	const agent = "!terraform ~"
	u, b := signedIn(t, always(ok(madeID)), func(c *bunq.Config) { c.UserAgent = agent })
	if _, err := u.CreateOAuthClient(t.Context()); err != nil || b.only().header.Get("User-Agent") != agent {
		t.Errorf("got %v, %q", err, b.only().header.Get("User-Agent"))
	}
}

// The texts of an installation are those that make it again.
func TestInstallation_asTexts(t *testing.T) {
	private, public, server, err := installation().PEM()
	if err != nil {
		t.Fatal(err)
	}
	again, err := bunq.NewInstallation("t", private, server)
	if err != nil {
		t.Fatal(err)
	}
	own, err := signing.ParsePublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	if !again.PrivateKey.Equal(clientKey()) || !again.ServerPublicKey.Equal(&serverKey().PublicKey) || !own.Equal(&clientKey().PublicKey) {
		t.Error("it is another installation")
	}
}

func TestFingerprint(t *testing.T) {
	base := apiContext()
	f := base.Fingerprint()
	if !regexp.MustCompile(`^[0-9a-f]{64}$`).MatchString(f) || f != apiContext().Fingerprint() {
		t.Errorf("got %s and %s", f, apiContext().Fingerprint())
	}
	for name, change := range map[string]func(*bunq.APIContext){
		"another environment": func(c *bunq.APIContext) { c.Environment = bunq.Production },
		"another key":         func(c *bunq.APIContext) { c.APIKey = "x" },
		"another token":       func(c *bunq.APIContext) { c.Installation.Token = "x" },
		"another key pair":    func(c *bunq.APIContext) { c.Installation.PrivateKey = serverKey() },
		"no key pair":         func(c *bunq.APIContext) { c.Installation.PrivateKey = nil },
		"another key of bunq": func(c *bunq.APIContext) { c.Installation.ServerPublicKey = &clientKey().PublicKey },
		"no key of bunq":      func(c *bunq.APIContext) { c.Installation.ServerPublicKey = nil },
		"the two keys swapped": func(c *bunq.APIContext) {
			c.Installation.PrivateKey, c.Installation.ServerPublicKey = serverKey(), &clientKey().PublicKey
		},
		"a border moved between key and token": func(c *bunq.APIContext) {
			whole := apiKey + installationToken
			c.APIKey, c.Installation.Token = bunq.Secret(whole[:63]), bunq.Secret(whole[63:])
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := apiContext()
			change(&c)
			if c.Fingerprint() == f {
				t.Error("it is the same")
			}
		})
	}
}

func TestNewClient_refuses(t *testing.T) {
	good := func() bunq.Config { return bunq.Config{BaseURL: mustURL("https://bank.test/v1")} }
	if _, err := bunq.NewClient(good()); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*bunq.Config){
		"no address":                   func(c *bunq.Config) { c.BaseURL = nil },
		"an address in plain http":     func(c *bunq.Config) { u := *c.BaseURL; u.Scheme = "http"; c.BaseURL = &u },
		"a negative timeout":           func(c *bunq.Config) { c.RequestTimeout = -time.Second },
		"a negative wait":              func(c *bunq.Config) { c.MaxWait = -1 },
		"a user agent with line break": func(c *bunq.Config) { c.UserAgent = "x\r\nX-Evil: 1" },
	} {
		t.Run(name, func(t *testing.T) {
			c := good()
			change(&c)
			if _, err := bunq.NewClient(c); err == nil {
				t.Error("it was taken")
			}
		})
	}
}
