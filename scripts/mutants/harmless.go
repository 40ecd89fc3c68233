package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
)

// A harmless entry names mutants that cannot matter. It goes by the text of the line, as numbers of
// lines change.
type harmless struct {
	file   string
	kind   string
	nth    int // 0: all of the kind on the line
	source string
	reason string
}

func (h harmless) matches(m mutant) bool {
	return h.file == m.file && h.kind == m.kind && h.source == m.source && (h.nth == 0 || h.nth == m.nth)
}

func (h harmless) String() string {
	kind := h.kind
	if h.nth > 0 {
		kind += fmt.Sprintf("[%d]", h.nth)
	}
	return fmt.Sprintf("%s: %s in: %s", h.file, kind, h.source)
}

var entryLine = regexp.MustCompile(`^(\S+\.go): ([A-Z_]+)(?:\[(\d+)\])? in: (.+)$`)

// parseHarmless reads a list of entries, as harmless.txt describes them. An entry without a reason
// is an error.
func parseHarmless(r io.Reader) ([]harmless, error) {
	var entries []harmless
	scanner := bufio.NewScanner(r)
	for number := 1; scanner.Scan(); number++ {
		line := strings.TrimRight(scanner.Text(), " \t")
		reason := strings.TrimLeft(line, " \t")
		switch parts := entryLine.FindStringSubmatch(line); {
		case line == "" || strings.HasPrefix(line, "#"):
		case parts != nil:
			nth, _ := strconv.Atoi(parts[3])
			entries = append(entries, harmless{file: parts[1], kind: parts[2], nth: nth, source: parts[4]})
		case reason != line && len(entries) > 0:
			last := &entries[len(entries)-1]
			last.reason = strings.TrimSpace(last.reason + " " + reason)
		default:
			return nil, fmt.Errorf("line %d is neither an entry nor an indented reason: %q", number, line)
		}
	}

	var failed []error
	for _, h := range entries {
		if h.reason == "" {
			failed = append(failed, fmt.Errorf("no reason is given for: %s", h))
		}
	}
	return entries, errors.Join(append(failed, scanner.Err())...)
}
