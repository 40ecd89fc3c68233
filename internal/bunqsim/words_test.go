package bunqsim_test

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

var update = flag.Bool("update", false, "write the table of README again")

// refusals are the errors that were seen in this run of the tests.
var refusals = struct {
	sync.Mutex
	seen map[string]bool // by the text of the table
}{seen: map[string]bool{}}

// wordsOf returns the entry of the table that an answer has its words from.
func wordsOf(status int, text string) (bunqsim.ErrorText, bool) {
	verbs := regexp.MustCompile(`%[sdq]`)
	for _, w := range bunqsim.ErrorTexts() {
		pattern := "^" + verbs.ReplaceAllString(regexp.QuoteMeta(w.Text), ".*") + "$"
		limit := w.Status == http.StatusTooManyRequests && status == http.StatusConflict // a setting
		if (w.Status == status || limit) && regexp.MustCompile(pattern).MatchString(text) {
			return w, true
		}
	}
	return bunqsim.ErrorText{}, false
}

// noteRefusal fails for an answer whose words are not in the table.
func noteRefusal(t testing.TB, status int, text string) {
	t.Helper()
	w, ok := wordsOf(status, text)
	if !ok {
		t.Errorf("no entry of the table says %d %q", status, text)
	}
	refusals.Lock()
	defer refusals.Unlock()
	refusals.seen[w.Text] = true
}

// TestMain also holds the table against the answers: each of its errors was answered in a run of all
// tests.
func TestMain(m *testing.M) {
	flag.Parse()
	status := m.Run()
	if all := flag.Lookup("test.run").Value.String() == "" && flag.Lookup("test.list").Value.String() == "" && !testing.Short(); all && status == 0 {
		for _, w := range bunqsim.ErrorTexts() {
			if !refusals.seen[w.Text] {
				fmt.Printf("FAIL: no test is answered with %d %q\n", w.Status, w.Text) //nolint:forbidigo // the tests are over
				status = 1
			}
		}
	}
	os.Exit(status)
}

const tableBegin, tableEnd = "<!-- words: go test ./internal/bunqsim -run TestErrorTexts -update -->\n\n", "\n<!-- end of words -->"

// README shows the table of the code.
func TestErrorTexts(t *testing.T) {
	var b strings.Builder
	b.WriteString("| Status | Text | Status from | Text from |\n| --- | --- | --- | --- |\n")
	for _, w := range bunqsim.ErrorTexts() {
		text := strings.NewReplacer("%q", `"…"`, "%s", "…", "%d", "…").Replace(w.Text)
		fmt.Fprintf(&b, "| %d | `%s` | %s | %s |\n", w.Status, text, w.StatusFrom, w.TextFrom)
	}

	raw, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(raw), tableBegin)
	table, after, ended := strings.Cut(rest, tableEnd)
	if !ok || !ended {
		t.Fatal("README has no place for the table")
	}
	if *update {
		if err := os.WriteFile("README.md", []byte(before+tableBegin+b.String()+tableEnd+after), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if table != b.String() {
		t.Errorf("README has\n%s\nand the code\n%s", table, b.String())
	}
}
