package session

import (
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
)

func TestLive_neverOpens(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir, bk := t.TempDir(), &bank{}
		s := process(bk, dir).For(testContext())
		if _, ok := live(t, s); ok {
			t.Error("a session from nowhere")
		}
		bk.wantOpenings(t, 0)
		session := mustSession(t, s)
		for name, s := range map[string]*Source{
			"in memory": s,
			"cached":    process(bk, dir).For(testContext()),
		} {
			if got, ok := live(t, s); !ok || *got != *session {
				t.Errorf("%s: got %v, %v", name, got, ok)
			}
		}
		for name, s := range map[string]*Source{
			"another context":  process(bk, dir).For(anotherContext()),
			"another base URL": newBroker(bk, Options{CacheDir: dir, BaseURL: "https://localhost/v1"}).For(testContext()),
			"another folder":   process(bk, t.TempDir()).For(testContext()),
			"no folder":        process(bk, "").For(testContext()),
		} {
			if _, ok := live(t, s); ok {
				t.Errorf("%s: a session that belongs elsewhere", name)
			}
		}
		bk.wantOpenings(t, 1)
	})
}

func TestCache_keepsTheWholeSession(t *testing.T) {
	dir, bk := t.TempDir(), &bank{}
	want := mustSession(t, process(bk, dir).For(testContext()))
	got := mustSession(t, process(bk, dir).For(testContext()))
	if *got != *want {
		t.Errorf("got %+v, want %+v", *got, *want)
	}
	bk.wantOpenings(t, 1)
}

func TestCache_finalSlashOfTheBaseURLDoesNotMatter(t *testing.T) {
	dir, bk := t.TempDir(), &bank{}
	mustSession(t, process(bk, dir).For(testContext()))
	mustSession(t, newBroker(bk, Options{CacheDir: dir, BaseURL: testURL + "/"}).For(testContext()))
	bk.wantOpenings(t, 1)
}

func TestCache_ofASessionWithoutALifetimeIsNotUsed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir, bk := t.TempDir(), &bank{timeout: -1}
		s := process(bk, dir).For(testContext())
		mustSession(t, s)
		mustSession(t, s)
		bk.wantOpenings(t, 1)
		mustSession(t, process(bk, dir).For(testContext()))
		bk.wantOpenings(t, 2)
	})
}

// filled makes a cache with a session, and gives the path of its file.
func filled(t *testing.T, dir string) (path string, session *bunq.Session) {
	t.Helper()
	s := process(&bank{}, dir).For(testContext())
	session = mustSession(t, s)
	return filepath.Join(dir, s.cache.vault.name+sessionSuffix), session
}

func TestCache_revealsNothing(t *testing.T) {
	dir := t.TempDir()
	_, session := filled(t, dir)
	der, err := x509.MarshalPKCS8PrivateKey(firstKey())
	if err != nil {
		t.Fatal(err)
	}
	secrets := map[string][]byte{
		"session token":      []byte(session.Token.Reveal()),
		"session id":         []byte(fmt.Sprint(session.ID)),
		"user id":            []byte("28196"),
		"user name":          []byte("PISP"),
		"kind of user":       []byte("PaymentService"),
		"API key":            []byte(testKey),
		"installation token": []byte(testToken),
		"private key":        der[len(der)-300:],
		"private exponent":   firstKey().D.Bytes(),
		"public key":         firstKey().N.Bytes(),
		"fingerprint":        []byte(testContext().Fingerprint()),
		"environment":        []byte("sandbox"),
		"time":               []byte(session.Created.Format("2006-01-02")),
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		content, err := os.ReadFile(filepath.Join(dir, file.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all := append([]byte(file.Name()+"\n"), content...)
		for name, secret := range secrets {
			if name == "time" && strings.HasSuffix(file.Name(), openedSuffix) {
				continue // the time of the last opening is all that file is for
			}
			for form, text := range map[string][]byte{
				"as it is": secret,
				"hex":      []byte(hex.EncodeToString(secret)),
				"base64":   []byte(base64.RawStdEncoding.EncodeToString(secret)),
			} {
				if bytes.Contains(bytes.ToLower(all), bytes.ToLower(text)) {
					t.Errorf("%s shows the %s (%s)", file.Name(), name, form)
				}
			}
		}
	}
}

func TestCache_filesAreForTheirOwnerOnly(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "missing", "cache")
	filled(t, dir)
	wantMode(t, dir, 0o700)
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(files) != 4 { // session, time, two locks: no temporary file is left
		t.Errorf("files: %v", files)
	}
	for _, file := range files {
		wantMode(t, filepath.Join(dir, file.Name()), 0o600)
	}
}

func wantMode(t *testing.T, path string, want os.FileMode) {
	t.Helper()
	if runtime.GOOS == "windows" {
		return // who may read a file is not in its mode there
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := info.Mode().Perm(); got != want {
		t.Errorf("%s has mode %o, want %o", path, got, want)
	}
}

// What is wrong with the file costs an opening, and is right again after it.
func TestCache_aFileThatIsWrongIsReplaced(t *testing.T) {
	for name, damage := range map[string]func(t *testing.T, path string){
		"missing": func(t *testing.T, path string) { t.Helper(); must(t, os.Remove(path)) },
		"empty":   func(t *testing.T, path string) { t.Helper(); must(t, os.WriteFile(path, nil, 0o600)) },
		"truncated": func(t *testing.T, path string) {
			t.Helper()
			must(t, os.Truncate(path, 100))
		},
		"one byte changed": func(t *testing.T, path string) {
			t.Helper()
			content := mustRead(t, path)
			content[len(content)/2] ^= 1
			must(t, os.WriteFile(path, content, 0o600))
		},
		"of another context": func(t *testing.T, path string) {
			t.Helper()
			dir := t.TempDir()
			s := process(&bank{}, dir).For(anotherContext())
			mustSession(t, s)
			must(t, os.WriteFile(path, mustRead(t, filepath.Join(dir, s.cache.vault.name+sessionSuffix)), 0o600))
		},
		"sealed rightly, but not what we write": func(t *testing.T, path string) {
			t.Helper()
			must(t, os.WriteFile(path, mustVault(t, testContext(), testURL).seal([]byte(`{"token":[]}`)), 0o600))
		},
		"an empty folder": func(t *testing.T, path string) {
			t.Helper()
			must(t, os.Remove(path))
			must(t, os.Mkdir(path, 0o700))
			t.Cleanup(func() { _ = os.Remove(path) })
		},
		"unreadable, even to us": func(t *testing.T, path string) { t.Helper(); must(t, os.Chmod(path, 0)) },
	} {
		t.Run(name, func(t *testing.T) {
			if strings.HasPrefix(name, "unreadable") && (os.Geteuid() == 0 || runtime.GOOS == "windows") {
				t.Skip("nothing is unreadable to root, nor by its mode on Windows")
			}
			dir := t.TempDir()
			path, _ := filled(t, dir)
			damage(t, path)
			synctest.Test(t, func(t *testing.T) {
				bk := &bank{}
				if _, ok := live(t, process(bk, dir).For(testContext())); ok {
					t.Error("it was used")
				}
				session := mustSession(t, process(bk, dir).For(testContext()))
				bk.wantOpenings(t, 1)
				if name == "an empty folder" {
					return // it may stay: nothing of ours stands in its place
				}
				if got := mustSession(t, process(bk, dir).For(testContext())); *got != *session {
					t.Errorf("got session %d, want %d", got.ID, session.ID)
				}
				bk.wantOpenings(t, 1)
			})
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func mustRead(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	must(t, err)
	return content
}

func TestCache_anyByteFlippedMakesItIgnored(t *testing.T) {
	dir := t.TempDir()
	path, _ := filled(t, dir)
	content := mustRead(t, path)
	for i := range content {
		changed := bytes.Clone(content)
		changed[i] ^= 0x20
		must(t, os.WriteFile(path, changed, 0o600))
		s := process(&bank{}, dir).For(testContext())
		if _, ok := live(t, s); ok {
			t.Errorf("with byte %d changed it is used", i)
		}
	}
	must(t, os.WriteFile(path, content, 0o600))
	if _, ok := live(t, process(&bank{}, dir).For(testContext())); !ok {
		t.Error("the unchanged file is not used either")
	}
}
