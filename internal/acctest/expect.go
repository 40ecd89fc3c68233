package acctest

import (
	"regexp"
	"strings"
)

// Says matches a diagnostic that holds the words of text in their order,
// however the CLI broke its lines.
func Says(text string) *regexp.Regexp { return regexp.MustCompile(words(text)) }

// SaysAt matches a diagnostic that shows the source line of the attribute and
// holds the words of text.
func SaysAt(attribute, text string) *regexp.Regexp {
	return regexp.MustCompile(`\d+:\s+"?` + regexp.QuoteMeta(attribute) + `"?\s*=[^\n]*\n` + sameDiagnostic + words(text))
}

// SaysInBlock matches a diagnostic that shows the first line of a block and holds the words of text. The
// CLI shows that line if the attribute in question is not set.
func SaysInBlock(block, text string) *regexp.Regexp {
	return regexp.MustCompile(`\d+:\s+` + regexp.QuoteMeta(block) + `[^\n]*\{[^\n]*\n` + sameDiagnostic + words(text))
}

// sameDiagnostic matches what may stand between the source line and the words: anything but the
// beginning of the next diagnostic.
const sameDiagnostic = `(?:(?:[^E\n]|E[^r\n]|Er[^r\n])[^\n]*\n|\n)*?[^\n]*?`

func words(text string) string {
	fields := strings.Fields(text)
	for i, w := range fields {
		fields[i] = regexp.QuoteMeta(w)
	}
	return strings.Join(fields, `[\s│]+`)
}
