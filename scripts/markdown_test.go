package scripts_test

import (
	"fmt"
	"io/fs"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

// page is one Markdown file. It is written at path and read at readAt, both relative to
// the repository: a template is read where the documentation is generated.
type page struct {
	path, readAt, text string
}

// pages returns every page that people read, and fails the test where there are none.
func pages(t *testing.T) []page {
	t.Helper()
	const root = ".."
	var all []page
	add := func(path string) {
		raw, err := os.ReadFile(filepath.Join(root, path))
		if err != nil {
			t.Fatal(err)
		}
		readAt := path
		if rest, ok := strings.CutPrefix(path, "templates/"); ok {
			readAt = "docs/" + strings.TrimSuffix(rest, ".tmpl")
		}
		all = append(all, page{path, readAt, string(raw)})
	}
	for _, path := range []string{"README.md", "CONTRIBUTING.md", "CHANGELOG.md"} {
		add(path)
	}
	for _, dir := range []string{".github", "doc", "docs", "examples", "internal", "templates"} {
		err := filepath.WalkDir(filepath.Join(root, dir), func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if d.IsDir() && d.Name() == "testdata" {
				return fs.SkipDir
			}
			if !strings.HasSuffix(path, ".md") && !strings.HasSuffix(path, ".md.tmpl") {
				return nil
			}
			rel, err := filepath.Rel(root, path)
			if err != nil {
				return err
			}
			add(filepath.ToSlash(rel))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return all
}

var (
	fence    = regexp.MustCompile("(?s)(?:^|\n)```.*?\n *```(?:\n|$)")
	code     = regexp.MustCompile("`[^`\n]*`")
	link     = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading  = regexp.MustCompile(`(?m)^#{1,6} +(.+)$`)
	anchored = regexp.MustCompile(`<a (?:id|name)="([^"]+)"`)
	include  = regexp.MustCompile(`<!-- include: (\S+) -->`)
)

// anchors returns the anchors of a page, as GitHub and the registry make them of headings.
func anchors(text string) map[string]bool {
	found := map[string]bool{}
	for _, m := range anchored.FindAllStringSubmatch(text, -1) {
		found[m[1]] = true
	}
	for _, m := range heading.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
		slug := strings.Map(func(r rune) rune {
			switch {
			case unicode.IsLetter(r), unicode.IsDigit(r), r == '-', r == '_':
				return unicode.ToLower(r)
			case r == ' ':
				return '-'
			}
			return -1
		}, link.ReplaceAllString(strings.TrimSpace(m[1]), ""))
		name := slug
		for i := 1; found[name]; i++ {
			name = fmt.Sprintf("%s-%d", slug, i)
		}
		found[name] = true
	}
	return found
}

// Every link within the repository leads to a file that is there, and to a heading in it.
func TestMarkdown_links(t *testing.T) {
	t.Parallel()
	all := pages(t)
	texts := map[string]string{}
	for _, p := range all {
		// The generated page wins, because it has the headings of the schema.
		if _, ok := texts[p.readAt]; !ok || p.path == p.readAt {
			texts[p.readAt] = p.text
		}
	}

	links := 0
	for _, p := range all {
		for _, m := range link.FindAllStringSubmatch(code.ReplaceAllString(fence.ReplaceAllString(p.text, ""), ""), -1) {
			u, err := url.Parse(m[1])
			if err != nil {
				t.Errorf("%s: %v", p.path, err)
				continue
			}
			if u.Scheme != "" {
				continue
			}
			links++

			target := p.readAt
			if u.Path != "" {
				target = filepath.ToSlash(filepath.Join(filepath.Dir(p.readAt), u.Path))
			}
			text, known := texts[target]
			if _, err := os.Stat(filepath.Join("..", target)); err != nil && !known {
				t.Errorf("%s links to %s, and there is no %s", p.path, m[1], target)
				continue
			}
			if u.Fragment != "" && !anchors(text)[u.Fragment] {
				t.Errorf("%s links to %s, and %s has no such heading; it has %v", p.path, m[1], target, slices.Sorted(maps.Keys(anchors(text))))
			}
		}
	}
	if links < 50 {
		t.Errorf("only %d links were found: the test does not see the pages any more", links)
	}
}

// Every guide is reached from the index page of the documentation.
func TestMarkdown_indexLeadsToEveryGuide(t *testing.T) {
	t.Parallel()
	var index string
	all := pages(t)
	for _, p := range all {
		if p.path == "templates/index.md.tmpl" {
			index = p.text
		}
	}
	for _, p := range all {
		if name, ok := strings.CutPrefix(p.path, "templates/guides/"); ok && !strings.Contains(index, "guides/"+name) {
			t.Errorf("templates/index.md.tmpl does not link to guides/%s", name)
		}
	}
}

// What a page includes is there. (A block of HCL that a page has itself is validated by
// TestAccGuides_blocks in internal/lifecycle.)
func TestMarkdown_includes(t *testing.T) {
	t.Parallel()
	found := 0
	for _, p := range pages(t) {
		for _, m := range include.FindAllStringSubmatch(p.text, -1) {
			found++
			if info, err := os.Stat(filepath.Join("..", m[1])); err != nil || info.Size() == 0 {
				t.Errorf("%s includes %s, which is not there (%v)", p.path, m[1], err)
			}
		}
	}
	if found == 0 {
		t.Error("no page includes a file")
	}
}

// Until the provider has been run against bunq, and until there is a release, the pages say so
// where a reader would take something else for granted.
func TestMarkdown_saysWhatHolds(t *testing.T) {
	t.Parallel()
	const notRun = "has not yet been run against bunq itself"
	unsaid := map[string]bool{"README.md": true, "docs/index.md": true, "docs/guides/going-live.md": true}
	for _, p := range pages(t) {
		text := strings.Join(strings.Fields(p.text), " ")
		if strings.Contains(text, notRun) {
			delete(unsaid, p.path)
		}
		if strings.Contains(text, "terraform init") && !strings.Contains(text, "release") && !strings.Contains(text, "make install") {
			t.Errorf("%s: \"terraform init\" finds no provider before the first release, and the page does not say what to do", p.path)
		}
	}
	for path := range unsaid {
		t.Errorf("%s does not say that the provider %s", path, notRun)
	}
}

// The tables of the simulator's flags name each flag of its command with each of its values, and
// no other.
func TestMarkdown_flagsOfTheSimulator(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(filepath.Join("..", "internal", "bunqsim", "cmd", "bunqsim", "main.go"))
	if err != nil {
		t.Fatal(err)
	}
	has := map[string]bool{}
	choice := regexp.MustCompile("`([a-z]+(?:\\|[a-z]+)+)`")
	for _, m := range regexp.MustCompile(`f\.(?:String|Bool)Var\(&\S+, "([a-z-]+)", (.*)\)`).FindAllStringSubmatch(string(raw), -1) {
		name := "-" + m[1]
		if values := choice.FindStringSubmatch(m[2]); values != nil {
			name += " " + values[1]
		}
		has[name] = true
	}
	if len(has) < 5 {
		t.Fatalf("only the flags %v were found: the test does not see the command any more", has)
	}

	row := regexp.MustCompile("(?m)^\\| `(-[^`]*)` \\|")
	for _, path := range []string{"templates/guides/testing-with-the-simulator.md", "internal/bunqsim/README.md"} {
		text, err := os.ReadFile(filepath.Join("..", path))
		if err != nil {
			t.Fatal(err)
		}
		shown := map[string]bool{}
		for _, m := range row.FindAllStringSubmatch(string(text), -1) {
			name, value, _ := strings.Cut(strings.ReplaceAll(m[1], `\|`, "|"), " ")
			if strings.Contains(value, "|") {
				name += " " + value
			}
			shown[name] = true
		}
		for name := range has {
			if !shown[name] {
				t.Errorf("%s does not show the flag %s; it shows %v", path, name, slices.Sorted(maps.Keys(shown)))
			}
		}
		for name := range shown {
			if !has[name] {
				t.Errorf("%s shows %s, which is no flag of the command", path, name)
			}
		}
	}
}
