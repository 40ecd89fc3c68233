package onboarding_test

import (
	"archive/zip"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
)

// pieceLength is how much of a secret may be seen nowhere, in characters.
const pieceLength = 40

// privateHalf is where the private part of a 2048-bit RSA key begins, in bytes of PKCS#8: before it
// stand version, algorithm and modulus, which certificates and other keys have too.
const privateHalf = 310

// needle is a secret in every writing that a leak could have.
type needle struct {
	name   string
	pieces map[string]bool
}

// secretText is a token or API key.
func secretText(name, text string) needle {
	n := needle{name, map[string]bool{}}
	n.add(text)
	n.add(base64.StdEncoding.EncodeToString([]byte(text)))
	return n
}

// secretKey is a private key: its base64, however aligned (PKCS#8 or PKCS#1), and its hexadecimal
// digits.
func secretKey(t *testing.T, name, text string) needle {
	t.Helper()
	block, _ := pem.Decode([]byte(text))
	if block == nil || len(block.Bytes) < 2*privateHalf {
		t.Fatalf("%s is no private key", name)
	}
	n := needle{name, map[string]bool{}}
	n.add(strings.Join(strings.Fields(text), ""))
	for shift := range 3 {
		n.add(base64.RawStdEncoding.EncodeToString(block.Bytes[privateHalf+shift:]))
	}
	n.add(hex.EncodeToString(block.Bytes[privateHalf:]))
	// Of the whole only the private part is told apart from other keys.
	head := strings.Join(strings.Fields(text), "")[:len("-----BEGINPRIVATEKEY-----")+privateHalf*4/3]
	for i := 0; i+pieceLength <= len(head); i++ {
		delete(n.pieces, head[i:i+pieceLength])
	}
	tail := "-----ENDPRIVATEKEY-----"
	for p := range n.pieces {
		if strings.Contains(p, tail[:6]) {
			delete(n.pieces, p)
		}
	}
	return n
}

func (n needle) add(text string) {
	for i := 0; i+pieceLength <= len(text); i++ {
		n.pieces[text[i:i+pieceLength]] = true
	}
}

// in reports whether any piece is in the text, whatever line ends and escapes stand between.
func (n needle) in(text string) bool {
	text = strings.NewReplacer("\n", "", "\r", "", `\n`, "", `\/`, "/", " ", "", "\t", "", "│", "").Replace(text)
	for i := 0; i+pieceLength <= len(text); i++ {
		if n.pieces[text[i:i+pieceLength]] {
			return true
		}
	}
	return false
}

// zipped is the content of all files in a zip.
func zipped(t *testing.T, path string) string {
	t.Helper()
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = z.Close() }()
	var all strings.Builder
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(&all, r); err != nil { //nolint:gosec // our own plan file
			t.Fatal(err)
		}
	}
	return all.String()
}

// TestAccSecrets runs a first apply of the whole chain with the real command and the provider as a
// process, logs everything there is to log, and looks for each secret in all that is left behind.
//
// The QSEAL key is nowhere. What bunq handed out is in the state, and in what Terraform makes of
// the state: the plan file of a later plan, and the JSON forms that show it. Session tokens are in
// none of them.
func TestAccSecrets(t *testing.T) {
	t.Parallel()
	for _, from := range []string{"file", "ephemeral variable"} {
		t.Run(from, func(t *testing.T) {
			t.Parallel()
			b := acctest.New(t)
			c := acctest.NewCLI(t, b)
			s := validSeal(t)
			cert, keyFile := written(t, s.certificate), written(t, s.key)
			log := filepath.Join(t.TempDir(), "trace.log")
			cache := t.TempDir()
			c.Env = []string{"TF_LOG=TRACE", "TF_LOG_PATH=" + log, "XDG_CACHE_HOME=" + cache}
			config, key := "", file(keyFile)
			if from == "ephemeral variable" {
				// A variable that is not ephemeral would be in the plan file, with which no
				// provider has anything to do.
				config, key = "variable \"key\" {\n  type      = string\n  sensitive = true\n  ephemeral = true\n}\n", "var.key"
				c.Env = append(c.Env, "TF_VAR_key="+s.key)
			}
			config += strings.Replace(deviceOn(set("certificate_pem", file(cert)), set("private_key_pem_wo", key)), `description  = "acceptance"`,
				"description  = \"acceptance\"\n  permitted_ips = [\"127.0.0.1\"]", 1) + strings.TrimPrefix(acctest.CallbackURL, acctest.Device)
			c.Write(t, config)

			seen := map[string]string{}
			run := func(name string, codes []int, args ...string) {
				t.Helper()
				got := c.Run(t, args...)
				seen[name] = got.Output
				for _, code := range codes {
					if got.Code == code {
						return
					}
				}
				t.Fatalf("%v: status %d\n%s", args, got.Code, got.Output)
			}
			run("output of plan", []int{2}, "plan", "-detailed-exitcode", "-out=first.plan")
			run("show of plan", []int{0}, "show", "first.plan")
			run("JSON of plan", []int{0}, "show", "-json", "first.plan")
			run("output of apply", []int{0}, "apply", "first.plan")
			run("show of state", []int{0}, "show")
			run("JSON of state", []int{0}, "show", "-json")
			run("output of later plan", []int{0}, "plan", "-detailed-exitcode", "-out=later.plan")
			run("show of later plan", []int{0}, "show", "later.plan")
			run("JSON of later plan", []int{0}, "show", "-json", "later.plan")
			seen["plan file"] = zipped(t, filepath.Join(c.Dir, "first.plan"))
			seen["later plan file"] = zipped(t, filepath.Join(c.Dir, "later.plan"))
			seen["state file"] = read(t, filepath.Join(c.Dir, "terraform.tfstate"))
			seen["log"] = read(t, log)
			seen["session cache"] = files(t, cache)

			if !strings.Contains(seen["log"], "provider.terraform-provider-bunq") || len(seen["log"]) < 100_000 {
				t.Errorf("the log holds nothing of the provider (%d bytes)", len(seen["log"]))
			}
			if seen["session cache"] == "" {
				t.Error("no session was kept")
			}
			held := b.Sim.Snapshot()
			nowhere := []needle{secretKey(t, "QSEAL key", s.key)}
			for i, e := range held.Sessions {
				nowhere = append(nowhere, secretText(fmt.Sprintf("session token %d", i), e.Token))
			}
			inState := []needle{
				secretText("API key", held.Credentials[0].Key),
				secretText("installation token", held.Installations[0].Token),
				secretText("client secret", held.OAuthClients[0].Secret),
				secretKey(t, "installation key", c.State(t).String(t, "bunq_installation.main", "private_key_pem")),
			}
			ofState := map[string]bool{
				"state file": true, "JSON of state": true, "later plan file": true, "JSON of later plan": true,
			}
			for place, text := range seen {
				for _, n := range nowhere {
					if n.in(text) {
						t.Errorf("the %s is in the %s", n.name, place)
					}
				}
				for _, n := range inState {
					// That it is found in the state shows that it would be found elsewhere.
					if n.in(text) != ofState[place] {
						t.Errorf("the %s in the %s: %v", n.name, place, n.in(text))
					}
				}
			}
		})
	}
}

// files is the content of all files below a folder.
func files(t *testing.T, dir string) string {
	t.Helper()
	var all strings.Builder
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path) //nolint:gosec // the test's own folder
		all.Write(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}

// The search finds what it is for.
func TestNeedle(t *testing.T) {
	s, other := validSeal(t), validSeal(t)
	key, same := secretKey(t, "key", s.key), pkcs1(t, s.key)
	body := strings.Join(strings.Fields(s.key), "")
	tests := []struct {
		name string
		text string
		want bool
	}{
		{"the key", s.key, true},
		{"the key as a JSON string", strings.ReplaceAll(s.key, "\n", `\n`), true},
		{"the key as PKCS#1", same, true},
		{"a line and a bit of it", s.key[1000:1100], true},
		{"a piece of it", "x" + body[700:740] + "x", true},
		{"less than a piece", "x" + body[700:739] + "x", false},
		{"its certificate", s.certificate, false},
		{"another key", other.key, false},
	}
	for _, tt := range tests {
		if got := key.in(tt.text); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
	if n := secretText("token", strings.Repeat("0123456789abcdef", 4)); !n.in("token=" + strings.Repeat("0123456789abcdef", 4)) {
		t.Error("a token is not found")
	}
}
