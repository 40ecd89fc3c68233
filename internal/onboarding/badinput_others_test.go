package onboarding_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
)

// device is a bunq_device_server with these lines, on nothing that exists.
func device(lines ...string) string {
	return acctest.Installation + "resource \"bunq_device_server\" \"main\" {\n  installation = bunq_installation.main\n" +
		"  credential = { id = \"1\", api_key = \"key\" }\n  " + strings.Join(lines, "\n  ") + "\n}\n"
}

func installation(line string) string {
	return "resource \"bunq_installation\" \"main\" {\n  " + line + "\n}\n"
}

func certificate(lines ...string) string {
	return "resource \"bunq_sandbox_certificate\" \"main\" {\n  " + strings.Join(lines, "\n  ") + "\n}\n"
}

func TestAccInstallation_badInput(t *testing.T) {
	t.Parallel()
	of := func(name string) string { return file(vector(t, name)) }
	runBadInput(t, []badInput{
		{
			name:   "garbage instead of a key",
			config: installation(set("private_key_pem", `"garbage"`)),
			want:   acctest.SaysAt("private_key_pem", "openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048"),
		},
		{
			name:   "a PKCS#1 public key",
			config: installation(set("private_key_pem", of("qseal-pkcs1.pub"))),
			want:   acctest.SaysAt("private_key_pem", `"RSA PUBLIC KEY"`),
		},
		{
			name:   "an EC key",
			config: installation(set("private_key_pem", of("ec.key"))),
			want:   acctest.SaysAt("private_key_pem", "not an RSA key"),
		},
		{
			name:   "an encrypted key",
			config: installation(set("private_key_pem", of("qseal-pkcs8-aes256.key"))),
			want:   acctest.SaysAt("private_key_pem", "encrypted"),
		},
		{
			name:   "a key that is too short",
			config: installation(set("private_key_pem", file(written(t, keyPEM(t, 1024))))),
			want:   acctest.SaysAt("private_key_pem", "this key has 1024 bits, and bunq accepts only 2048"),
		},
		{
			name:   "a key of another size",
			config: installation(set("private_key_pem", file(written(t, keyPEM(t, 3072))))),
			want:   acctest.SaysAt("private_key_pem", "this key has 3072 bits, and bunq accepts only 2048"),
		},
	})
}

func TestAccDeviceServer_badInput(t *testing.T) {
	t.Parallel()
	named := set("description", `"x"`)
	runBadInput(t, []badInput{
		{
			name:   "an invalid IP address",
			config: device(named, set("permitted_ips", `["203.0.113.7", "203.0.113.256"]`)),
			want:   acctest.SaysAt("permitted_ips", `"203.0.113.256" is not an IP address`),
		},
		{
			name:   "a range",
			config: device(named, set("permitted_ips", `["203.0.113.0/24"]`)),
			want:   acctest.SaysAt("permitted_ips", `"203.0.113.0/24" is not an IP address`),
		},
		{
			name:   "an address with a zone",
			config: device(named, set("permitted_ips", `["fe80::1%eth0"]`)),
			want:   acctest.SaysAt("permitted_ips", `"fe80::1%eth0" has a zone`),
		},
		{
			name:   "a host name",
			config: device(named, set("permitted_ips", `["ci.example.com"]`)),
			want:   acctest.SaysAt("permitted_ips", `"ci.example.com" is not an IP address, nor "*". bunq accepts single addresses, written without blanks and leading zeros; no ranges and no host names`),
		},
		{
			name:   "an address with blanks",
			config: device(named, set("permitted_ips", `[" 203.0.113.7"]`)),
			want:   acctest.SaysAt("permitted_ips", `" 203.0.113.7" is not an IP address`),
		},
		{
			name:   "null among the addresses",
			config: device(named, set("permitted_ips", `["203.0.113.7", null]`)),
			want:   acctest.SaysAt("permitted_ips", "This attribute contains a null value."),
		},
		{
			name:   "addresses without the ID of the credential",
			config: strings.Replace(device(named, set("permitted_ips", `["203.0.113.7"]`)), `id = "1", `, "", 1),
			want:   acctest.SaysAt("permitted_ips", `Attribute "credential.id" must be specified when "permitted_ips" is specified`),
		},
		{
			name:   "one address in two spellings",
			config: device(named, set("permitted_ips", `["2001:db8::1", "2001:DB8:0::1"]`)),
			want:   acctest.SaysAt("permitted_ips", "are the same address in two notations"),
		},
		{
			name:   "every address without one's own",
			config: device(named, set("permitted_ips", `["*"]`)),
			want:   acctest.SaysAt("permitted_ips", `it reads a lone "*" as the address that registers the device`),
		},
		{
			name:   "no address",
			config: device(named, set("permitted_ips", `[]`)),
			want:   acctest.SaysAt("permitted_ips", "at least 1 elements"),
		},
		{
			name:   "an empty description",
			config: device(set("description", `""`)),
			want:   acctest.SaysAt("description", "UTF-8 character count must be between 1 and 255"),
		},
		{
			name:   "a description of too many characters",
			config: device(set("description", fmt.Sprintf("%q", strings.Repeat("é", 256)))),
			want:   acctest.SaysAt("description", "UTF-8 character count must be between 1 and 255"),
		},
		{
			name:   "an empty API key",
			config: strings.Replace(device(named), `"key"`, `""`, 1),
			want:   acctest.Says("The API key is empty."),
		},
		{
			name:   "an API key with a line end",
			config: strings.Replace(device(named), `"key"`, `"key\n"`, 1),
			want:   acctest.Says("The API key has a blank or a line end in it, as at the end of a file, and bunq would refuse it. Next step: cut it off with trimspace(…)."),
		},
		{
			name:   "an API key with a blank",
			config: strings.Replace(device(named), `"key"`, `" key"`, 1),
			want:   acctest.Says("The API key has a blank or a line end"),
		},
		{
			name:   "a credential id that is none",
			config: strings.Replace(device(named), `id = "1"`, `id = "main"`, 1),
			want:   acctest.Says("credential.id must be a whole number of at most 19 digits"),
		},
	})
}

// What bunq may refuse, or never see, is a warning that quotes it. Characters are counted, not bytes.
func TestAccDeviceServer_doubtfulInput(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	c := acctest.NewCLI(t, b, acctest.Attached)
	for ip, says := range map[string]string{
		"10.0.0.1":    "is not a public address",
		"192.168.1.7": "is not a public address",
		"100.64.0.1":  "is not a public address",
		"127.0.0.1":   "is not a public address",
		"0.0.0.0":     "is not a public address",
		"fd00::1":     "is not a public address",
		"2001:db8::1": "is an IPv6 address. bunq's documentation says in two places that IPv6 is not supported",
		"203.0.113.7": "",
	} {
		c.Write(t, device(set("description", fmt.Sprintf("%q", strings.Repeat("é", 255))), set("permitted_ips", `["`+ip+`"]`)))
		got := c.Run(t, "validate", "-no-color")
		if says == "" {
			if strings.Contains(got.Output, "Not a public") || strings.Contains(got.Output, "IPv6") {
				t.Errorf("%s\n%s", ip, got.Output)
			}
			continue
		}
		got.MustSay(t, 0, `"`+ip+`" `+says)
	}
}

func TestAccSandboxCertificate_badInput(t *testing.T) {
	t.Parallel()
	named := set("name", `"x"`)
	runBadInput(t, []badInput{
		{
			name:   "a name that makes the common name too long",
			config: certificate(set("name", fmt.Sprintf("%q", strings.Repeat("é", 46)))),
			want:   acctest.SaysAt("name", "UTF-8 character count must be between 1 and 45, got: 46"),
		},
		{
			name:   "an empty name",
			config: certificate(set("name", `""`)),
			want:   acctest.SaysAt("name", "UTF-8 character count must be between 1 and 45"),
		},
		{
			name:   "a role that the sandbox does not know",
			config: certificate(named, set("roles", `["CBPII"]`)),
			want:   acctest.SaysAt("roles", `"CBPII"`),
		},
		{
			name:   "no role",
			config: certificate(named, set("roles", `[]`)),
			want:   acctest.SaysAt("roles", "roles lists nothing. Omit it, or list AISP, PISP or both."),
		},
		{
			name:   "a country that is no code",
			config: certificate(named, set("country", `"Netherlands"`)),
			want:   acctest.SaysAt("country", "must be two capital letters, such as NL"),
		},
		{
			name:   "no validity",
			config: certificate(named, set("validity_days", "0")),
			want:   acctest.SaysAt("validity_days", "must be between 1 and 3650"),
		},
		{
			name:   "a renewal that is always due",
			config: certificate(named, set("validity_days", "30"), set("early_renewal_days", "30")),
			want:   acctest.SaysAt("early_renewal_days", "early_renewal_days (30) must be less than validity_days (30)"),
		},
		{
			name:   "a renewal that is always due by the default validity",
			config: certificate(named, set("early_renewal_days", "365")),
			want:   acctest.SaysAt("early_renewal_days", "must be less than validity_days (365)"),
		},
	})
}

func TestAccCallbackURL_badInput(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, url, want string }{
		{"a relative address", "/callback", "is not absolute"},
		{"a host without scheme", "app.example.com/callback", "is not absolute"},
		{"a fragment", "https://app.example.com/callback#top", "has a fragment"},
		{"an empty fragment", "https://app.example.com/callback#", "has a fragment"},
		{"plain http", "http://app.example.com/callback", "is plain http, over which the authorisation code could be read"},
		{"another scheme", "myapp://callback", "has a scheme other than https"},
		{"a user name", "https://me@app.example.com/callback", "contains a user name or password"},
		{"white space after it", "https://app.example.com/callback ", "white space"},
		{"a URL that is none", "https://app.example.com:port/", "is not a URL"},
	}
	var all []badInput
	for _, c := range cases {
		all = append(all, badInput{
			name: c.name,
			config: fmt.Sprintf("resource \"bunq_oauth_callback_url\" \"main\" {\n  oauth_client_id = \"1\"\n  url = %q\n}\n",
				c.url),
			want: acctest.SaysAt("url", c.want),
		})
	}
	runBadInput(t, all)
}

// A secret in the wrong place is not repeated in a message.
func TestAccValidators_repeatNoSecret(t *testing.T) {
	t.Parallel()
	const secret = "s3cret-0123456789abcdef0123456789abcdef0123456789abcdef01234567"
	b := acctest.New(t)
	c := acctest.NewCLI(t, b, acctest.Attached)
	c.Env = []string{"TF_VAR_key=" + secret}
	variable := "variable \"key\" {\n  sensitive = true\n}\n"
	mixed := func(member string) string {
		members := map[string]string{
			"environment": `"sandbox"`, "api_key": "var.key", "installation_token": "var.key", "private_key_pem": file(written(t, keyPEM(t, 2048))),
			"server_public_key_pem": "var.key",
		}
		members[member] = "var.key"
		text := "{\n"
		for name, value := range members {
			text += "    " + name + " = " + value + "\n"
		}
		return text + "  }"
	}
	for name, config := range map[string]string{
		"id of the credential": strings.Replace(device(set("description", `"x"`)), `{ id = "1", api_key = "key" }`, "{ id = var.key, api_key = var.key }", 1),
		"permitted_ips":        device(set("description", `"x"`), set("permitted_ips", "[var.key]")),
		"environment of the installation": strings.Replace(device(set("description", `"x"`)), "installation = bunq_installation.main",
			`installation = { id = "1", token = var.key, private_key_pem = var.key, public_key_pem = var.key, server_public_key_pem = var.key, environment = var.key }`, 1),
		"url":                       "resource \"bunq_oauth_callback_url\" \"main\" {\n  oauth_client_id = \"1\"\n  url = var.key\n}\n",
		"environment of a context":  "resource \"bunq_oauth_client\" \"main\" {\n  api_context = " + mixed("environment") + "\n}\n",
		"environment of a provider": "provider \"bunq\" {\n  api_context = " + mixed("environment") + "\n}\n" + acctest.Installation,
		"keys of a context":         "resource \"bunq_oauth_client\" \"main\" {\n  api_context = " + mixed("private_key_pem") + "\n}\n",
		"key of an installation":    installation(set("private_key_pem", "var.key")),
		"certificate":               credential(set("certificate_pem", "var.key"), set("private_key_pem_wo", "var.key")),
	} {
		c.Write(t, variable+config)
		got := c.Plan(t)
		if got.Code != 1 {
			t.Errorf("%s: status %d\n%s", name, got.Code, got.Output)
		}
		if strings.Contains(strings.Join(strings.Fields(got.Output), ""), secret[:20]) {
			t.Errorf("%s: the plan shows it\n%s", name, got.Output)
		}
	}
}
