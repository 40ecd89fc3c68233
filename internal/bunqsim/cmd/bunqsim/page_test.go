package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

// page is what authors of clients in other languages read.
const page = "../../../../doc/testing-your-own-client.md"

// block is a shell block of the page, with what it prints.
type block struct{ shell, prints string }

var fenced = regexp.MustCompile("(?s)```(\\w+)\n(.*?\n)```\n")

func blocksOf(t *testing.T) (out []block) {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	fences := fenced.FindAllStringSubmatch(string(text), -1)
	for i, f := range fences {
		if f[1] == "shell" {
			if i+1 == len(fences) || fences[i+1][1] == "shell" {
				t.Fatalf("it does not say what this prints:\n%s", f[2])
			}
			out = append(out, block{f[2], fences[i+1][2]})
		}
	}
	return out
}

// expected is what a block prints, with "…" for anything.
func expected(prints string) *regexp.Regexp {
	lines := strings.Split(strings.TrimSpace(prints), "\n")
	for i, l := range lines {
		lines[i] = strings.ReplaceAll(regexp.QuoteMeta(l), "…", ".*")
	}
	return regexp.MustCompile("^" + strings.Join(lines, "\n") + "$")
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // closed at once
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return fmt.Sprint(l.Addr().(*net.TCPAddr).Port)
}

// The page's blocks, one after the other in one shell, with nothing but curl and OpenSSL.
func TestPageOfOtherLanguages(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the page is for a POSIX shell")
	}
	for _, tool := range []string{"sh", "curl", "openssl"} {
		if _, err := exec.LookPath(tool); err != nil {
			if os.Getenv("CI") != "" { // where scripts/test-tools.sh installs them
				t.Fatal(tool + " is not installed")
			}
			t.Skip(tool + " is not installed")
		}
	}

	dir := t.TempDir()
	bin := "#!/bin/sh\nBUNQSIM_TEST_RUN=1 exec '" + os.Args[0] + "' \"$@\"\n"
	if err := os.WriteFile(filepath.Join(dir, "bunqsim"), []byte(bin), 0o700); err != nil { //nolint:gosec // it is run
		t.Fatal(err)
	}
	const between = "=== next block ==="
	blocks := blocksOf(t)
	script := "set -eu\ntrap 'kill $(jobs -p) 2> /dev/null || true' EXIT\n"
	for _, b := range blocks {
		script += b.shell + "echo; echo '" + between + "'\n"
	}
	ports := strings.NewReplacer("127.0.0.1:8080", "127.0.0.1:"+freePort(t), "127.0.0.1:8081", "127.0.0.1:"+freePort(t))

	cmd := exec.CommandContext(t.Context(), "sh", "-c", ports.Replace(script)) //nolint:gosec // the page's own blocks
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "PATH="+dir+string(os.PathListSeparator)+os.Getenv("PATH"))
	cmd.WaitDelay = 10 * time.Second
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		t.Errorf("ended with %v: %s", err, errs.String())
	}
	printed := strings.Split(out.String(), between+"\n")
	if len(printed) != len(blocks)+1 {
		t.Fatalf("%d of %d blocks were run: %s", len(printed)-1, len(blocks), out.String())
	}
	for i, b := range blocks {
		if want := expected(ports.Replace(b.prints)); !want.MatchString(strings.TrimSpace(printed[i])) {
			t.Errorf("this\n%s\nprints\n%s\nand is said to print\n%s", b.shell, printed[i], b.prints)
		}
	}
}

// Every request that the management address takes is among the blocks.
func TestPageOfOtherLanguages_isComplete(t *testing.T) {
	code, err := os.ReadFile("../../manage.go")
	if err != nil {
		t.Fatal(err)
	}
	routes := regexp.MustCompile(`"(GET|POST|PUT|DELETE) /([a-z-]+)":`).FindAllStringSubmatch(string(code), -1)
	if len(routes) < 14 {
		t.Fatalf("only %d routes were found", len(routes))
	}

	shown := map[string]bool{}
	for _, b := range blocksOf(t) {
		for _, m := range regexp.MustCompile(`curl -s (.*?)"\$manage/([a-z-]+)"`).FindAllStringSubmatch(b.shell, -1) {
			method := "GET"
			if _, after, ok := strings.Cut(m[1], "-X "); ok {
				method, _, _ = strings.Cut(after, " ")
			} else if strings.Contains(m[1], "-d ") {
				method = "POST"
			}
			shown[method+" "+m[2]] = true
		}
	}
	for _, r := range routes {
		if !shown[r[1]+" "+r[2]] {
			t.Errorf("the page does not show %s /%s", r[1], r[2])
		}
	}
}

// The programs of the page open a session each, where the machine has their language.
func TestPageOfOtherLanguages_programs(t *testing.T) {
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	programs := map[string]string{}
	for _, f := range fenced.FindAllStringSubmatch(string(text), -1) {
		programs[f[1]] = f[2]
	}
	for language, run := range map[string]struct {
		file  string
		tool  []string
		needs []string // succeeds where the program can be run
	}{
		"python":     {"first.py", []string{"python3"}, []string{"python3", "-c", "import cryptography"}},
		"php":        {"first.php", []string{"php"}, []string{"php", "-r", "exit(extension_loaded('openssl') ? 0 : 1);"}},
		"java":       {"First.java", []string{"java"}, []string{"java", "-version"}},
		"typescript": {"first.mjs", []string{"node"}, []string{"node", "--version"}}, // without types it is JavaScript, too
	} {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			if programs[language] == "" {
				t.Fatal("the page has no program")
			}
			if exec.CommandContext(t.Context(), run.needs[0], run.needs[1:]...).Run() != nil { //nolint:gosec // of the table
				t.Skip("this machine cannot run it")
			}
			sim, srv := bunqsim.NewServer(t, bunqsim.Config{})
			file := filepath.Join(t.TempDir(), run.file)
			if err := os.WriteFile(file, []byte(programs[language]), 0o600); err != nil {
				t.Fatal(err)
			}
			out, err := exec.CommandContext(t.Context(), run.tool[0], append(run.tool[1:], file, srv.BaseURL())...).CombinedOutput() //nolint:gosec // of the table
			if users := sim.Snapshot().Users; err != nil || len(users) != 1 || strings.TrimSpace(string(out)) != users[0].DisplayName {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
}

// The image recipe, as far as it goes without a container: what it copies is enough for what it runs,
// and what comes out starts as it says.
func TestImageRecipe(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the recipe's steps are for a POSIX shell")
	}
	root, err := filepath.Abs("../../../..")
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(root, "examples", "simulator-image", "Containerfile"))
	if err != nil {
		t.Fatal(err)
	}
	src, program := t.TempDir(), filepath.Join(t.TempDir(), "bunqsim")
	var start []string
	for line := range strings.Lines(string(text)) {
		word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch {
		case word == "COPY" && !strings.HasPrefix(rest, "--from"):
			paths := strings.Fields(rest)
			to := filepath.Join(src, paths[len(paths)-1])
			for _, from := range paths[:len(paths)-1] {
				copyTo(t, filepath.Join(root, from), to)
			}
		case word == "RUN":
			cmd := exec.CommandContext(t.Context(), "sh", "-c", strings.ReplaceAll(rest, "/bunqsim ", program+" ")) //nolint:gosec // the recipe's own step
			cmd.Dir = src
			cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod", "GOPROXY=off", "GOWORK=off")
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%s: %v: %s", rest, err, out)
			}
		case word == "CMD":
			if err := json.Unmarshal([]byte(rest), &start); err != nil {
				t.Fatal(err)
			}
		}
	}

	for i := range start { // free ports of this machine only
		start[i] = regexp.MustCompile(`^0\.0\.0\.0:\d+$`).ReplaceAllString(start[i], "127.0.0.1:0")
	}
	cmd := exec.CommandContext(t.Context(), program, start...) //nolint:gosec // what the recipe made
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var ready map[string]string
	if err := json.NewDecoder(out).Decode(&ready); err != nil || get(t, ready["manage_url"]+"/settings") != 200 || get(t, ready["base_url"]+"/user") != 403 {
		t.Errorf("ready %v, %v", ready, err)
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
}

// copyTo copies a file into a folder, or what a folder holds.
func copyTo(t *testing.T, from, to string) {
	t.Helper()
	info, err := os.Stat(from)
	if err == nil && info.IsDir() {
		err = os.CopyFS(to, os.DirFS(from))
	} else if err == nil {
		var data []byte
		if data, err = os.ReadFile(from); err == nil {
			err = os.WriteFile(filepath.Join(to, filepath.Base(from)), data, 0o600)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
}
