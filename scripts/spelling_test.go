package scripts_test

import (
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "add new words to the list; read which ones before it is kept")

// wordsPath is the list of the words that pages, examples, scripts and comments use. It was checked
// with a dictionary of British English once; a word that is not in it is new, and somebody looks at
// it.
var wordsPath = filepath.Join("testdata", "words.txt")

var (
	frontMatter = regexp.MustCompile(`(?m)^(?:page_title|subcategory):.*$`)
	comment     = regexp.MustCompile(`<!--.*?-->`)
	address     = regexp.MustCompile(`https?://[^\s)>]+`)
	linkTarget  = regexp.MustCompile(`\]\([^)]*\)`)
	template    = regexp.MustCompile(`\{\{.*?\}\}`)
	anchorTag   = regexp.MustCompile(`</?\w+[^>]*>`)
	// Names of the code are no words: what holds a digit, an underscore, a dot or a slash.
	wordOrName = regexp.MustCompile(`[\pL\d_./@$#%*:\\=+-]*[\pL][\pL\d_./@$#%*:\\=+'’-]*`)
	plainWord  = regexp.MustCompile(`^\pL{2,}$`)
	remark     = regexp.MustCompile(`(?m)(?:^|\s)#+ (.*)$`)
	consonantY = regexp.MustCompile(`[^aeiou]y$`)
	described  = regexp.MustCompile(`(?m)^\s*(?:description|error_message)\s*=\s*"(.*)"$`)
)

// wordsOf returns the words of a text in lower case, each with a line that it stands in.
func wordsOf(text string) map[string]string {
	for _, hidden := range []*regexp.Regexp{frontMatter, comment, code, address, linkTarget, template, anchorTag} {
		text = hidden.ReplaceAllString(text, " ")
	}
	words := map[string]string{}
	for line := range strings.Lines(text) {
		for _, name := range wordOrName.FindAllString(line, -1) {
			name = strings.Trim(name, ".,:;'’*/-+=")
			for _, part := range strings.FieldsFunc(name, func(r rune) bool { return r == '-' || r == '/' }) {
				word := strings.ToLower(strings.ReplaceAll(part, "’", "'"))
				word = strings.TrimSuffix(strings.TrimSuffix(word, "'s"), "'")
				if plainWord.MatchString(strings.ReplaceAll(word, "'", "")) {
					words[word] = strings.TrimSpace(line)
				}
			}
		}
	}
	return words
}

// remarks returns what is written for people in a file that is no page: comments, and the
// descriptions of variables and outputs.
func remarks(text string) string {
	var all strings.Builder
	for _, kind := range []*regexp.Regexp{remark, described} {
		for _, m := range kind.FindAllStringSubmatch(text, -1) {
			fmt.Fprintln(&all, m[1])
		}
	}
	return all.String()
}

// files calls f with every file below the repository that people write, by its path there.
func files(t *testing.T, f func(path, text string)) {
	t.Helper()
	const root = ".."
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		rel = filepath.ToSlash(rel)
		switch name := d.Name(); {
		case d.IsDir() && (name == ".git" || name == ".tools" || name == ".terraform" || rel == "bin" || rel == "dist" || rel == "docs/guides"):
			return fs.SkipDir
		case d.IsDir():
			return nil
		case slices.Contains([]string{".go", ".md", ".tmpl", ".sh", ".tf", ".hcl", ".tofu", ".yml"}, filepath.Ext(name)),
			slices.Contains([]string{"GNUmakefile", "run", "build-tool", "terraform-cli", "Containerfile"}, name):
			raw, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			f(rel, string(raw))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// Every word of pages, examples and scripts has been looked at: a slip of the pen is a new word.
// (The comments of Go are checked by golangci-lint's misspell.)
func TestSpelling(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(wordsPath)
	if err != nil && !*update {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for word := range strings.Lines(string(raw)) {
		known[strings.TrimSpace(word)] = true
	}

	used := map[string]bool{}
	files(t, func(path, text string) {
		switch {
		case strings.Contains(path, "testdata/"), strings.HasSuffix(path, ".go"):
			return
		case strings.HasSuffix(path, ".md"), strings.HasSuffix(path, ".tmpl"):
			text = fence.ReplaceAllString(text, "\n")
		default:
			text = remarks(text)
		}
		for word, line := range wordsOf(text) {
			used[word] = true
			if !isKnown(known, word) && !*update {
				t.Errorf("%s: %q is new. If it is spelt right, \"go test ./scripts -run TestSpelling -update\" notes it down:\n\t%s", path, word, line)
			}
		}
	})
	if len(used) < 1000 {
		t.Errorf("only %d words were found: the test does not see the pages any more", len(used))
	}
	if *update {
		maps.Copy(known, used)
		delete(known, "")
		list := strings.Join(slices.Sorted(maps.Keys(known)), "\n") + "\n"
		if err := os.WriteFile(wordsPath, []byte(list), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// isKnown reports whether a word, its plural or its singular is in the list. Other forms double and
// drop letters, which is where slips are made.
func isKnown(known map[string]bool, word string) bool {
	singular, ok := strings.CutSuffix(word, "s")
	if ok && known[singular] {
		return known[word] || !consonantY.MatchString(singular)
	}
	return known[word] || known[word+"s"]
}

// A word that is spelt wrong is seen wherever people read it, and names of the code are not.
func TestSpelling_finds(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"Thhe first apply.":                    "thhe",
		"It is **recceived** once.":            "recceived",
		"| a | `fine_name` sepaarate |":        "sepaarate",
		"See [the addresss](guides/state.md).": "addresss",
		"well-knwon":                           "knwon",
		"bunq's credntial's":                   "credntial",
	} {
		if _, found := wordsOf(text)[want]; !found {
			t.Errorf("%q: %q was not found among %v", text, want, wordsOf(text))
		}
	}
	for _, text := range []string{"`credntial`", "https://example.com/credntial", "[x](credntial.md)", "api_credntial", "credntial2", "<a id=\"credntial\"></a>"} {
		if words := wordsOf(text); words["credntial"] != "" {
			t.Errorf("%q: a name was taken for a word", text)
		}
	}
	list := map[string]bool{"archive": true, "keys": true, "apply": true}
	for word, want := range map[string]bool{"archive": true, "archives": true, "key": true, "keys": true, "applys": false, "archivs": false, "kye": false} {
		if isKnown(list, word) != want {
			t.Errorf("%q: known is %t, want %t", word, !want, want)
		}
	}
	if got := remarks("x = 1 # a commment\n  description = \"The addresss.\"\n"); got != "a commment\nThe addresss.\n" {
		t.Errorf("remarks are %q", got)
	}
}

// odd are words that colleagues do not use with each other, and what to write instead.
var odd = map[string]string{
	"mend": "fix", "mends": "fixes", "mended": "fixed", "mending": "fixing",
	"heed": "follow", "heeds": "follows", "heeded": "followed", "unheeded": "not followed",
	"cure": "fix", "cures": "fixes", "cured": "fixed",
	"anew": "again", "aught": "anything", "betimes": "early", "hither": "here", "thence": "from there", "whence": "from where",
	"bunq docs": "the page's address, or DOCUMENTED, OBSERVED or UNKNOWN",
}

// Pages, messages and comments use plain words.
func TestSpelling_plainWords(t *testing.T) {
	t.Parallel()
	oddWord := regexp.MustCompile(`(?i)\b(?:` + strings.Join(slices.Collect(maps.Keys(odd)), "|") + `)\b`)
	files(t, func(path, text string) {
		if path == "scripts/spelling_test.go" {
			return
		}
		for _, word := range oddWord.FindAllString(text, -1) {
			t.Errorf("%s: %q: write %q", path, word, odd[strings.ToLower(word)])
		}
	})
}
