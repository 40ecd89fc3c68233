package scripts_test

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// kind is what a line of a page is.
type kind int

const (
	blank kind = iota
	paragraph
	title // of a section
	item  // the first line of one in a list
	row   // of a table
	fenceStart
	codeLine
	fenceEnd
)

var (
	fenceLine   = regexp.MustCompile("^( *```)(.*)$")
	titleLine   = regexp.MustCompile(`^(#+) \S`)
	itemLine    = regexp.MustCompile(`^ *(?:[-*]|(\d+)\.) +\S`)
	ruleLine    = regexp.MustCompile(`^\|(?: *:?-+:? *\|)+$`)
	bareAddress = regexp.MustCompile(`(?:^|\s)https?://`)
	// A link with its halves swapped, apart, empty or with a blank in its address.
	brokenLink = regexp.MustCompile(`\([^()\[\]]*\)\[[^\[\]]+\]|\[[^\[\]]+\] \([^()]*(?:/|\.md)[^()]*\)|\]\(\)|\[[^\[\]]*\]\([^()]*\s[^()]*\)`)
	loneStars  = regexp.MustCompile(`(?:^|\s)\*\*(?:\s|$)`)
)

// kinds returns what each line is.
func kinds(lines []string) []kind {
	all := make([]kind, len(lines))
	open := ""
	for i, l := range lines {
		m := fenceLine.FindStringSubmatch(l)
		switch {
		case open != "" && l == open:
			all[i], open = fenceEnd, ""
		case open != "":
			all[i] = codeLine
		case m != nil:
			all[i], open = fenceStart, m[1]
		case strings.TrimSpace(l) == "":
			all[i] = blank
		case strings.HasPrefix(l, "#"):
			all[i] = title
		case strings.HasPrefix(l, "|"):
			all[i] = row
		case itemLine.MatchString(l):
			all[i] = item
		default:
			all[i] = paragraph
		}
	}
	return all
}

// faultsOfForm returns what a reader of the page would see as broken, each with its line. Of a
// generated page it leaves out how the generator spaces it.
func faultsOfForm(text string, generated bool) []string {
	head, body := "", text
	if strings.HasPrefix(text, "---\n") {
		if end := strings.Index(text, "\n---\n"); end > 0 {
			head, body = text[:end+5], text[end+5:]
		}
	}
	lines := strings.Split(strings.TrimSuffix(body, "\n"), "\n")
	all := kinds(lines)

	var faults []string
	say := func(i int, format string, args ...any) {
		faults = append(faults, fmt.Sprintf("line %d: ", strings.Count(head, "\n")+i+1)+fmt.Sprintf(format, args...))
	}
	if !strings.HasSuffix(text, "\n") || strings.HasSuffix(text, "\n\n") {
		say(len(lines)-1, "the file must end in one newline")
	}
	if last := all[len(all)-1]; last == codeLine || last == fenceStart {
		say(len(lines)-1, "a block of code does not end")
	}

	level, titles, columns, number := 0, 0, 0, 0
	for i, l := range lines {
		now, before := all[i], blank
		if i > 0 {
			before = all[i-1]
		}
		if now == codeLine {
			continue
		}
		if fault := faultOfLine(l); fault != "" {
			say(i, "%s", fault)
		}
		if !generated && i > 0 {
			if fault := faultOfSpace(before, now); fault != "" {
				say(i, "%s", fault)
			}
		}

		switch now {
		case fenceStart:
			if strings.TrimSpace(l) == "```" {
				say(i, "a block of code without a language")
			}
		case title:
			m := titleLine.FindStringSubmatch(l)
			if m == nil {
				say(i, "a heading is # and a blank and its words")
				break
			}
			if len(m[1]) > level+1 {
				say(i, "a heading of level %d below one of level %d", len(m[1]), level)
			}
			if level = len(m[1]); level == 1 {
				titles++
			}
			number = 0
		case row:
			if before != row {
				columns = cells(l)
				if i+1 == len(lines) || !ruleLine.MatchString(lines[i+1]) {
					say(i, "a table without | --- | under its head")
				}
			}
			if n := cells(l); n != columns {
				say(i, "a row of %d cells in a table of %d", n, columns)
			}
		case item:
			n, err := strconv.Atoi(itemLine.FindStringSubmatch(l)[1])
			if err != nil || strings.HasPrefix(l, " ") {
				break
			}
			if n != number+1 && n != 1 {
				say(i, "item %d follows item %d", n, number)
			}
			number = n
		}
	}
	if titles > 1 || titles == 0 && head == "" {
		say(0, "%d headings of the first level; there must be one", titles)
	}
	return faults
}

// faultOfSpace returns which blank line is missing or too much between two lines.
func faultOfSpace(before, now kind) string {
	apart := []kind{title, row, fenceStart, fenceEnd}
	switch {
	case before == blank && now == blank:
		return "two blank lines"
	case before == blank || now == blank || before == row && now == row || now == fenceEnd || before == fenceStart || before == codeLine:
		return ""
	case slices.Contains(apart, before) || slices.Contains(apart, now):
		return "a blank line is missing above"
	}
	return ""
}

// faultOfLine returns what is wrong with a line that is no code.
func faultOfLine(l string) string {
	prose := code.ReplaceAllString(l, "x")
	switch {
	case strings.TrimRight(l, " \t") != l:
		return "white space at the end"
	case strings.Contains(l, "\t"):
		return "a tab"
	case brokenLink.MatchString(prose):
		return "a link that is none: " + brokenLink.FindString(prose)
	case bareAddress.MatchString(prose):
		return "an address that is no link"
	case loneStars.MatchString(prose):
		return "** that makes nothing bold"
	}
	return ""
}

// cells is how many cells a row has. GitHub counts a | in code as well, unless it is \|.
func cells(l string) int {
	return strings.Count(strings.ReplaceAll(l, `\|`, ""), "|") - 1
}

// Every page is well-formed: a table has its cells, a list its numbers, a block of code its end.
func TestMarkdown_form(t *testing.T) {
	t.Parallel()
	for _, p := range pages(t) {
		generated := strings.HasPrefix(p.path, "docs/")
		if generated && strings.HasPrefix(p.path, "docs/guides/") {
			continue // the same as its template
		}
		text := p.text
		if p.path == ".github/pull_request_template.md" {
			text = "# Pull request\n\n" + text // GitHub writes the heading
		}
		for _, fault := range faultsOfForm(text, generated) {
			t.Errorf("%s, %s", p.path, fault)
		}
	}
}

// Each rule finds what it is there for, and nothing in a page that is as it should be.
func TestMarkdown_formRules(t *testing.T) {
	t.Parallel()
	const good = "# Page\n\nText with `a | b` and [a link](x.md).\n\n| a | b |\n| --- | --- |\n| 1 | `x\\|y` |\n\n1. one\n   more\n2. two\n\n```shell\n# no heading\n```\n\n- item\n  - item\n"
	if faults := faultsOfForm(good, false); len(faults) > 0 {
		t.Errorf("a good page has faults: %q", faults)
	}
	for name, c := range map[string]struct{ is, becomes, want string }{
		"cell missing":        {"| 1 | `x\\|y` |", "| 1 |", "a row of 1 cells in a table of 2"},
		"bar not escaped":     {"`x\\|y`", "`x|y`", "a row of 3 cells in a table of 2"},
		"no rule":             {"| --- | --- |\n", "", "a table without"},
		"table without blank": {"(x.md).\n\n|", "(x.md).\n|", "a blank line is missing"},
		"code without end":    {"heading\n```\n", "heading\n", "a block of code does not end"},
		"code of no language": {"```shell", "```", "a block of code without a language"},
		"code without blank":  {"two\n\n```", "two\n```", "a blank line is missing"},
		"level left out":      {"Text", "### Third\n\nText", "a heading of level 3 below one of level 1"},
		"two titles":          {"Text", "# Second\n\nText", "2 headings of the first level"},
		"no title":            {"# Page\n\n", "", "0 headings of the first level"},
		"heading stuck":       {"# Page", "#Page", "a heading is # and a blank"},
		"heading alone":       {"# Page\n\n", "# Page\n", "a blank line is missing"},
		"number":              {"2. two", "3. two", "item 3 follows item 1"},
		"link swapped":        {"[a link](x.md)", "(a link)[x.md]", "a link that is none"},
		"link apart":          {"[a link](x.md)", "[a link] (x.md)", "a link that is none"},
		"link empty":          {"[a link](x.md)", "[a link]()", "a link that is none"},
		"bare address":        {"[a link](x.md)", "https://example.com", "an address that is no link"},
		"stars":               {"Text", "Text ** bold **", "** that makes nothing bold"},
		"white space":         {"Text with", "Text with \nmore", "white space at the end"},
		"tab":                 {"  - item", "\t- item", "a tab"},
		"two blank lines":     {"Text", "\nText", "two blank lines"},
		"no newline":          {"  - item\n", "  - item", "the file must end in one newline"},
	} {
		if strings.Count(good, c.is) == 0 {
			t.Errorf("%s: the good page has no %q", name, c.is)
		}
		faults := faultsOfForm(strings.Replace(good, c.is, c.becomes, 1), false)
		if !slices.ContainsFunc(faults, func(f string) bool { return strings.Contains(f, c.want) }) {
			t.Errorf("%s: got %q, want %q among them", name, faults, c.want)
		}
	}
}
