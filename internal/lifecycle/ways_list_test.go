package lifecycle_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
)

// way is one way of running Terraform.
type way struct {
	name string
	// fromNothing starts without a state.
	fromNothing bool
	// skip reports whether the way does not apply to a resource.
	skip func(wayResource) bool
	run  func(*testing.T, *wayCell) []acctest.Result
	// varies is what the table says where Terraform's own order decides what comes
	// about; "" where it does not.
	varies func(wayResource) string
}

// wayCell is one resource in one way.
type wayCell struct {
	b        *acctest.Bunq
	cli      *acctest.CLI
	resource wayResource
	file     string
	before   acctest.State
	// forgotten is the type that the configuration no longer has, and bunq keeps.
	forgotten string
}

func (c *wayCell) value(t *testing.T, typ, attribute string) string {
	t.Helper()
	return c.before.String(t, typ+".main", attribute)
}

func ways() []way {
	return []way{
		{name: "`-replace`", run: func(t *testing.T, c *wayCell) []acctest.Result {
			c.cli.Write(t, wayConfig(nil))
			return c.apply(t, "-replace="+c.resource.address())
		}},
		{name: "`-replace`, `create_before_destroy`", run: func(t *testing.T, c *wayCell) []acctest.Result {
			c.cli.Write(t, wayConfig(of(c.resource, firstCreate)))
			return c.applyFirst(t, "-replace="+c.resource.address())
		}},
		{name: "`taint`, then apply", run: func(t *testing.T, c *wayCell) []acctest.Result {
			c.cli.Write(t, wayConfig(nil))
			c.cli.Run(t, "taint", c.resource.address()).MustSay(t, 0)
			return c.apply(t)
		}},
		{name: "`-target`, from nothing", fromNothing: true, run: func(t *testing.T, c *wayCell) []acctest.Result {
			c.cli.Write(t, wayConfig(nil))
			return c.apply(t, "-target="+c.resource.address())
		}},
		{name: "`destroy -target`", run: func(t *testing.T, c *wayCell) []acctest.Result {
			c.cli.Write(t, wayConfig(nil))
			return []acctest.Result{succeed(t, c.cli.Destroy(t, "-target="+c.resource.address()))}
		}},
		{name: "an argument that is not known until the apply", skip: func(r wayResource) bool { return r.unknown == "" },
			run: func(t *testing.T, c *wayCell) []acctest.Result {
				r := c.resource
				later := fmt.Sprintf("resource \"terraform_data\" \"later\" {\n  input = %s\n}\n", r.value)
				body := append(without(r.body, r.unknown), r.unknown+" = terraform_data.later.output")
				c.cli.Write(t, later+wayConfig(of(r, func(string) string { return r.block("main", body...) })))
				results := c.apply(t)
				c.cli.Write(t, later+wayConfig(of(r, func(string) string { return r.block("main", body...) })))
				return results
			}},
		{name: "import block", skip: notImported, run: func(t *testing.T, c *wayCell) []acctest.Result {
			c.cli.Write(t, wayConfig(nil))
			c.cli.Run(t, "state", "rm", c.resource.address()).MustSay(t, 0)
			c.cli.Write(t, wayConfig(nil)+fmt.Sprintf("import {\n  to = %s\n  id = %q\n}\n", c.resource.address(), c.importID(t)))
			return c.apply(t)
		}},
		{name: "`import` command", skip: notImported, run: func(t *testing.T, c *wayCell) []acctest.Result {
			c.cli.Write(t, wayConfig(nil))
			c.cli.Run(t, "state", "rm", c.resource.address()).MustSay(t, 0)
			c.cli.Env = append(c.cli.Env, "BUNQ_CONTEXT_FILE="+c.file)
			return append([]acctest.Result{succeed(t, c.cli.Run(t, "import", "-no-color", c.resource.address(), c.importID(t)))}, c.apply(t)...)
		}},
		{name: "`moved` to another name", run: func(t *testing.T, c *wayCell) []acctest.Result {
			c.cli.Write(t, c.renamed()+fmt.Sprintf("moved {\n  from = %s\n  to = %s.other\n}\n", c.resource.address(), c.resource.typ))
			return c.apply(t)
		}},
		{name: "another name without `moved`", varies: orderOfRename, run: func(t *testing.T, c *wayCell) []acctest.Result {
			c.cli.Write(t, c.renamed())
			return c.apply(t)
		}},
		{name: "`removed` with `destroy = false`", skip: onboards,
			run: func(t *testing.T, c *wayCell) []acctest.Result {
				c.forgotten = c.resource.typ
				gone := fmt.Sprintf("removed {\n  from = %s\n  lifecycle {\n    destroy = false\n  }\n}\n", c.resource.address())
				if c.resource.typ == client {
					gone += fmt.Sprintf("removed {\n  from = %s.main\n  lifecycle {\n    destroy = false\n  }\n}\n", callback)
				}
				c.cli.Write(t, gone+wayConfig(func(r wayResource, block string) string {
					if r.typ == c.resource.typ || c.resource.typ == client && r.typ == callback {
						return ""
					}
					return block
				}))
				return c.apply(t)
			}},
		{name: "an alias with its own `api_context`", skip: onboards,
			run: func(t *testing.T, c *wayCell) []acctest.Result {
				c.cli.Write(t, "provider \"bunq\" {\n  alias = \"user\"\n  api_context = bunq_device_server.main.api_context\n}\n"+
					wayConfig(of(c.resource, func(string) string {
						return c.resource.block("main", append(without(c.resource.body, "api_context"), "provider = bunq.user")...)
					})))
				return c.apply(t)
			}},
		{name: "saved plan", run: func(t *testing.T, c *wayCell) []acctest.Result {
			c.cli.Write(t, wayConfig(nil))
			if plan := c.cli.Plan(t, "-replace="+c.resource.address(), "-out=saved"); plan.Code == 1 {
				return append([]acctest.Result{plan}, c.takeWayOut(t, plan)...)
			}
			return c.apply(t, "saved")
		}},
		{name: "`-replace`, `-refresh=false -parallelism=1`", run: func(t *testing.T, c *wayCell) []acctest.Result {
			c.cli.Write(t, wayConfig(nil))
			return c.apply(t, "-replace="+c.resource.address(), "-refresh=false", "-parallelism=1")
		}},
		{name: "`-refresh-only`", run: func(t *testing.T, c *wayCell) []acctest.Result {
			c.cli.Write(t, wayConfig(nil))
			return c.apply(t, "-refresh-only", "-target="+c.resource.address())
		}},
	}
}

func orderOfRename(r wayResource) string {
	if r.typ != callback {
		return ""
	}
	return "Plan: 1 to add, 0 to change, 1 to destroy.; Warning: Existing callback URL adopted | nothing, or `DELETE /user/{id}/oauth-client/{id}/callback-url/{id}` and " +
		"`POST /user/{id}/oauth-client/{id}/callback-url` if Terraform destroys the old one first | nothing to do"
}

// onboards reports whether a resource belongs to the chain that makes the context.
func onboards(r wayResource) bool {
	return !slices.Contains([]string{client, callback, filters}, r.typ)
}

func notImported(r wayResource) bool { return r.typ == sandboxCertificate }

func succeed(t *testing.T, r acctest.Result) acctest.Result {
	t.Helper()
	if r.Code != 0 {
		t.Errorf("exit code %d:\n%s", r.Code, r.Output)
	}
	return r
}

// apply applies, and takes the way out that an error names.
func (c *wayCell) apply(t *testing.T, args ...string) []acctest.Result {
	t.Helper()
	r := c.cli.Apply(t, args...)
	if r.Code == 0 {
		return []acctest.Result{r}
	}
	return append([]acctest.Result{r}, c.takeWayOut(t, r)...)
}

// takeWayOut does what an error of a plan says: it runs its command as printed, with the resource's own
// name for NAME, or writes what it asks for. That is enough.
func (c *wayCell) takeWayOut(t *testing.T, refused acctest.Result) []acctest.Result {
	t.Helper()
	said := strings.Join(strings.Fields(refused.Output), " ")
	address := c.resource.address()
	tainted := slices.ContainsFunc(c.cli.Objects(t), func(o acctest.Object) bool { return o.Address == address && o.Tainted })
	commands := printedCommand.FindAllStringSubmatch(said, -1)
	switch {
	case len(commands) > 0: // the last one makes another key, too, if there are two
		command := strings.NewReplacer("'", "", ".NAME", ".main").Replace(commands[len(commands)-1][1])
		if strings.Contains(c.configuration(t), credential+"\" \"other\"") {
			command = strings.ReplaceAll(command, credential+".main", credential+".other")
		}
		return []acctest.Result{succeed(t, c.cli.Run(t, append(strings.Fields(command), "-no-color", "-auto-approve")...))}
	case tainted && strings.Contains(strings.ReplaceAll(said, "'", ""), "terraform untaint "+c.resource.typ+".NAME"):
		c.cli.Run(t, "untaint", address).MustSay(t, 0)
	case c.resource.typ == sandboxCertificate && strings.Contains(said, "its keepers"):
		c.cli.Write(t, wayConfig(of(c.resource, func(string) string {
			return c.resource.block("main", append(slices.Clone(c.resource.body), `keepers = { renewal = "2" }`)...)
		})))
	case strings.Contains(said, "moved block"):
		c.add(t, fmt.Sprintf("moved {\n  from = %s\n  to   = %s.other\n}\n", address, c.resource.typ))
	default:
		t.Fatalf("the error names no way out:\n%s", refused.Output)
	}
	return []acctest.Result{succeed(t, c.cli.Apply(t))}
}

func (c *wayCell) configuration(t *testing.T) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(c.cli.Dir, "main.tf"))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// add adds a block to the configuration.
func (c *wayCell) add(t *testing.T, block string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(c.cli.Dir, "main.tf"), []byte(c.configuration(t)+block), 0o600); err != nil {
		t.Fatal(err)
	}
}

// applyFirst makes the new object before the old one goes. A client is refused then, with the words that
// the table shows: bunq allows one active client per user.
func (c *wayCell) applyFirst(t *testing.T, args ...string) []acctest.Result {
	t.Helper()
	if c.resource.typ != client {
		return c.apply(t, args...)
	}
	r := c.cli.Apply(t, args...)
	if r.Code == 0 {
		t.Error("it was replaced by one that was made first")
	}
	c.cli.Write(t, wayConfig(nil))
	return []acctest.Result{r}
}

func firstCreate(block string) string {
	return strings.TrimSuffix(block, "}\n") + "  lifecycle {\n    create_before_destroy = true\n  }\n}\n"
}

// without leaves one argument out.
func without(body []string, argument string) []string {
	var out []string
	for _, line := range body {
		if !strings.HasPrefix(line, argument+" ") {
			out = append(out, line)
		}
	}
	return out
}

// importID is what the docs of the resource name.
func (c *wayCell) importID(t *testing.T) string {
	t.Helper()
	switch c.resource.typ {
	case client:
		return c.value(t, client, "user_id") + "/" + c.value(t, client, "id")
	case callback:
		return c.value(t, callback, "user_id") + "/" + c.value(t, callback, "oauth_client_id") + "/" + c.value(t, callback, "id")
	case filters:
		return c.value(t, filters, "user_id")
	}
	return c.file
}

// renamed is the configuration with another name for the resource.
func (c *wayCell) renamed() string {
	config := wayConfig(of(c.resource, func(string) string { return c.resource.block("other", c.resource.body...) }))
	return strings.ReplaceAll(config, c.resource.address(), c.resource.typ+".other")
}

// intoModule moves everything into a module.
func (c *wayCell) intoModule(t *testing.T, moved bool) {
	t.Helper()
	dir := filepath.Join(c.cli.Dir, "inner")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	inner := "terraform {\n  required_providers {\n    bunq = { source = \"openpsd2/bunq\" }\n  }\n}\n" + strings.TrimPrefix(wayConfig(nil), wayProvider)
	if err := os.WriteFile(filepath.Join(dir, "main.tf"), []byte(inner), 0o600); err != nil {
		t.Fatal(err)
	}

	config := wayProvider + "module \"inner\" {\n  source = \"./inner\"\n}\n"
	for _, r := range wayResources() {
		if moved {
			config += fmt.Sprintf("moved {\n  from = %[1]s\n  to = module.inner.%[1]s\n}\n", r.address())
		}
	}
	c.cli.Write(t, config)
	c.cli.Run(t, "get").MustSay(t, 0)
}

// wholeWays are those in which everything goes together.
func wholeWays() []way {
	return []way{
		{name: "`moved` into a module", run: func(t *testing.T, c *wayCell) []acctest.Result {
			c.intoModule(t, true)
			return c.apply(t)
		}},
		{name: "an argument of the provider that is not known until the apply", run: func(t *testing.T, c *wayCell) []acctest.Result {
			later := "resource \"terraform_data\" \"later\" {\n  input = \"30s\"\n}\n"
			config := strings.Replace(wayConfig(nil), wayProvider, later+"provider \"bunq\" {\n  request_timeout = terraform_data.later.output\n}\n", 1)
			c.cli.Write(t, config)
			return c.apply(t)
		}},
		{name: "`destroy`", run: func(t *testing.T, c *wayCell) []acctest.Result {
			c.cli.Write(t, wayConfig(nil))
			results := []acctest.Result{succeed(t, c.cli.Destroy(t))}
			c.cli.Write(t, wayProvider)
			return results
		}},
		{name: "`state rm` of everything, then apply", run: func(t *testing.T, c *wayCell) []acctest.Result {
			c.cli.Write(t, wayConfig(nil))
			for _, r := range wayResources() {
				c.cli.Run(t, "state", "rm", r.address()).MustSay(t, 0)
			}
			c.forgotten = client // another certificate is another user, whose client is another one
			return c.apply(t)
		}},
	}
}
