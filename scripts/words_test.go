package scripts_test

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// odd are words that colleagues do not use with each other, and what to write instead.
var odd = map[string]string{
	"mend": "fix", "mends": "fixes", "mended": "fixed", "mending": "fixing",
	"heed": "follow", "heeds": "follows", "heeded": "followed", "unheeded": "not followed",
	"cure": "fix", "cures": "fixes", "cured": "fixed",
	"anew": "again", "aught": "anything", "betimes": "early", "hither": "here", "thence": "from there", "whence": "from where",
	"bunq docs": "the page's address, or DOCUMENTED, OBSERVED or UNKNOWN",
}

// Pages, messages and comments use plain words.
func TestMarkdown_plainWords(t *testing.T) {
	t.Parallel()
	oddWord := regexp.MustCompile(`(?i)\b(?:` + strings.Join(slices.Collect(maps.Keys(odd)), "|") + `)\b`)
	files(t, func(path, text string) {
		if path == "scripts/words_test.go" {
			return
		}
		for _, word := range oddWord.FindAllString(text, -1) {
			t.Errorf("%s: %q: write %q", path, word, odd[strings.ToLower(word)])
		}
	})
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
