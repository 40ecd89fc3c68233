package lifecycle_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
)

// waysAtOnce is how many CLIs run at the same time.
const waysAtOnce = 3

// Each resource is taken through each way of Terraform, from the same onboarded
// state, with the real CLI. doc/terraform-ways.md is the table for contributors: what
// the plan says, what is written at bunq, and what a plan says afterwards.
//
// The table alone proves nothing: what no way may do is checked for each cell.
func TestAccWaysOfTerraform(t *testing.T) {
	acctest.LongTest(t)
	if os.Getenv("TF_ACC") == "" {
		t.Skip("Acceptance tests skipped unless env 'TF_ACC' set")
	}

	base := newOnboarded(t)
	resources := append(wayResources(), wayResource{typ: everythingAtOnce})
	rows := make([][]string, len(resources))
	var running sync.WaitGroup
	slots := make(chan struct{}, waysAtOnce)
	for i, r := range resources {
		rows[i] = make([]string, len(r.ways()))
		for j, w := range r.ways() {
			slots <- struct{}{}
			running.Go(func() {
				defer func() { <-slots }()
				t.Run(r.typ+", "+w.name, func(t *testing.T) { rows[i][j] = base.walk(t, r, w) })
			})
		}
	}
	running.Wait()
	if t.Failed() {
		return
	}

	var sheet strings.Builder
	sheet.WriteString(waysHead)
	for i, r := range resources {
		fmt.Fprintf(&sheet, "\n## %s\n\n| way | what the CLI says | written at bunq | a plan after it |\n| --- | --- | --- | --- |\n", r.typ)
		for j, w := range r.ways() {
			if rows[i][j] != "" {
				fmt.Fprintf(&sheet, "| %s | %s |\n", w.name, rows[i][j])
			}
		}
	}
	golden(t, filepath.Join("..", "..", "..", "doc", "terraform-ways.md"), sheet.String())
}

// everythingAtOnce stands for all resources together.
const everythingAtOnce = "all of it"

func (r wayResource) ways() []way {
	if r.typ == everythingAtOnce {
		return wholeWays()
	}
	return ways()
}

const waysHead = `# Terraform's ways

What happens to each resource in each way of running Terraform, from the state of a whole onboarding (` + "`examples/complete`" + `, client
without protection). ` + "`TestAccWaysOfTerraform`" + ` writes this table with the real CLI; it is read before it is committed.
`

// onboarded is a state in which every resource is made, to start each cell from.
type onboarded struct {
	bunq *acctest.Bunq
	cli  *acctest.CLI
	// file is a context file of bunq's SDKs with the key of that state.
	file string
}

func newOnboarded(t *testing.T) *onboarded {
	t.Helper()
	b := acctest.New(t)
	cli := acctest.NewCLI(t, b)
	cli.Write(t, wayConfig(nil))
	cli.MustApply(t)
	cli.MustHaveNothingToDo(t)
	return &onboarded{bunq: b, cli: cli, file: contextFileOf(t, cli)}
}

// walk runs one cell and returns its part of the row; empty where the way does
// not apply to the resource.
func (o *onboarded) walk(t *testing.T, r wayResource, w way) string {
	t.Helper()
	if w.skip != nil && w.skip(r) {
		return ""
	}

	cell := &wayCell{resource: r, file: o.file}
	if w.fromNothing {
		cell.b = acctest.New(t)
		cell.cli = acctest.NewCLI(t, cell.b)
	} else {
		cell.b = o.bunq.Fork(t)
		cell.cli = acctest.NewCLI(t, cell.b)
		cell.cli.TakeState(t, o.cli)
		cell.before = cell.cli.State(t)
	}

	results := w.run(t, cell)
	written := lastFilters(cell.b.Writes(0))
	after := cell.settle(t)
	cell.check(t)
	if w.varies != nil && w.varies(r) != "" {
		return w.varies(r)
	}
	return strings.Join([]string{said(results), counted(written), after}, " | ")
}

// settle is what a plan says after the way: nothing to do, in the end.
func (c *wayCell) settle(t *testing.T) string {
	t.Helper()
	plan := c.cli.Plan(t)
	if plan.Code == 0 {
		return "nothing to do"
	}

	first := said([]acctest.Result{plan})
	if plan.Code == 2 {
		applied := c.apply(t)
		c.cli.MustHaveNothingToDo(t)
		if len(applied) > 1 {
			return first + "; " + said(applied) + "; nothing to do"
		}
		return first + "; applied, nothing to do"
	}
	t.Errorf("no plan can be made:\n%s", plan.Output)
	return first
}

var planLine = regexp.MustCompile(`(?m)^\s*(Plan: .*|No changes\..*|Apply complete! .*|Destroy complete! .*|(?:Error|Warning): .*|Import successful!|Move .* to .*|Resource instance .* has been marked as .*|Removed .*)$`)

// said is what the CLI printed, by its lines that count.
func said(results []acctest.Result) string {
	var lines []string
	for _, r := range results {
		// How far a plan came before its error is chance.
		refused := r.Code == 1 && !begun.MatchString(r.Output)
		for _, m := range planLine.FindAllStringSubmatch(r.Output, -1) {
			line := asTerraform(strings.TrimSpace(m[1]))
			if refused && !strings.HasPrefix(line, "Error: ") {
				continue
			}
			if strings.Contains(line, "Provider development overrides") || strings.Contains(line, "Apply complete!") && len(lines) > 0 ||
				strings.Contains(line, "Resource targeting is in effect") || strings.Contains(line, "Applied changes may be incomplete") {
				continue
			}
			lines = append(lines, line)
		}
	}
	lines = unique(lines)
	// Terraform works on several resources at once.
	slices.SortStableFunc(lines, func(a, b string) int {
		for _, kind := range []string{"Warning: ", "Error: "} {
			if strings.HasPrefix(a, kind) && strings.HasPrefix(b, kind) {
				return strings.Compare(a, b)
			}
		}
		return 0
	})
	return orNothing([]string{strings.Join(lines, "; ")})
}

// begun matches what a CLI prints when it begins to change something.
var begun = regexp.MustCompile(`: (?:Creating|Modifying|Destroying)\.\.\.`)

var toForget = regexp.MustCompile(`, \d+ to forget`)

// asTerraform puts what OpenTofu says of a removed block into Terraform's words, which the table has.
func asTerraform(line string) string {
	line = toForget.ReplaceAllString(line, "")
	return strings.Replace(line, "Resource will be removed from the state", "Some objects will no longer be managed by Terraform", 1)
}

func unique(lines []string) []string {
	seen := map[string]bool{}
	var out []string
	for _, l := range lines {
		if !seen[l] {
			seen[l] = true
			out = append(out, l)
		}
	}
	return out
}

// lastFilters puts the calls about notification filters last: Terraform makes them beside those
// about client and callback URL, in no order.
func lastFilters(calls []string) []string {
	rank := func(call string) int { return strings.Count(call, "/notification-filter-url") }
	slices.SortStableFunc(calls, func(a, b string) int { return rank(a) - rank(b) })
	return calls
}

// counted lists calls in order, equal neighbours once with their number.
func counted(calls []string) string {
	var parts []string
	for i := 0; i < len(calls); {
		n := 1
		for i+n < len(calls) && calls[i+n] == calls[i] {
			n++
		}
		text := "`" + calls[i] + "`"
		if n > 1 {
			text += fmt.Sprintf(" × %d", n)
		}
		parts = append(parts, text)
		i += n
	}
	return orNothing(parts)
}
