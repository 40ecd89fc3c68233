package onboarding_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

// namedCommand finds what a message tells a user to run. A way out ends with it.
var namedCommand = regexp.MustCompile(`(?m)^  - .*\bterraform ((?:apply|destroy) -.*)$`)

// commands are the commands that a message names, in their order, as printed.
func commands(output string) []string {
	var all []string
	for _, found := range namedCommand.FindAllStringSubmatch(output, -1) {
		all = append(all, found[1])
	}
	return all
}

// follow runs a command as printed, with NAME replaced.
func follow(t *testing.T, c *acctest.CLI, command, name string) acctest.Result {
	t.Helper()
	var args []string
	for i, part := range strings.Split(strings.ReplaceAll(command, "NAME", name), "'") { // quoted is every second one
		switch {
		case i%2 == 1 || !strings.HasPrefix(part, " ") && len(args) > 0:
			args[len(args)-1] += part
		default:
			args = append(args, strings.Fields(part)...)
		}
	}
	return c.Run(t, append(args, "-no-color", "-auto-approve")...)
}

// answers are both answers of bunq to a second device of an installation.
var answers = []bunqsim.Choice{bunqsim.Refused, bunqsim.Accepted}

func secondDevice(answer bunqsim.Choice) acctest.Option {
	return acctest.WithSim(func(c *bunqsim.Config) { c.Settings.SecondDeviceOfInstallation = answer })
}

const createBefore = "lifecycle { create_before_destroy = true }"

// onSeal is the whole chain on a certificate of one's own, each resource with these lines.
func onSeal(certificate, key, device, lines string) string {
	return `
resource "bunq_installation" "main" {
  ` + lines + `
}

resource "bunq_psd2_credential" "main" {
  installation       = bunq_installation.main
  certificate_pem    = ` + certificate + `
  private_key_pem_wo = ` + key + `
  ` + lines + `
}

resource "bunq_device_server" "main" {
  installation = bunq_installation.main
  credential   = bunq_psd2_credential.main
  ` + device + `
  ` + lines + `
}
`
}

// mustHaveOneDeviceEach checks that no installation has two devices.
func mustHaveOneDeviceEach(t *testing.T, b *acctest.Bunq) {
	t.Helper()
	on := map[int64]bool{}
	for _, d := range b.Sim.Snapshot().Devices {
		if on[d.InstallationID] {
			t.Errorf("installation %d has two devices", d.InstallationID)
		}
		on[d.InstallationID] = true
	}
}

// Whatever would replace a device alone is an error of the plan, and changes nothing. The way that it
// names, run as printed, ends in a plan with nothing to do; so does going back.
func TestAccDeviceServer_replacedOnlyWithItsInstallation(t *testing.T) {
	t.Parallel()
	from, to := time.Now().Add(-time.Hour), time.Now().Add(365*24*time.Hour)
	first, renewed := newSeal(t, "Ways PISP AISP", from, to), newSeal(t, "Ways PISP AISP", from, to)
	certificate, key := file(written(t, first.certificate)), file(written(t, first.key))
	again, key2 := file(written(t, renewed.certificate)), file(written(t, renewed.key))
	base := onSeal(certificate, key, named, "LINES")
	const oldKey = "The old key stays usable"

	rows := []struct {
		name          string
		before, after string
		args          []string
		says          []string
		// way is the index of the command that leads to what the plan wanted; back is the
		// configuration that leads back, "" if none does.
		way  int
		back string
		// sameKey: the way keeps the API key.
		sameKey bool
	}{
		{
			name: "another description", before: base, after: onSeal(certificate, key, set("description", `"ci 2"`), "LINES"), back: base,
			says: []string{"Error: Another description needs another installation", `device DEVICE "ci"`, `keep the description: description = "ci"`},
			way:  0, sameKey: true,
		},
		{
			name: "the device alone", before: base, after: base, args: []string{"-replace=" + deviceAddress}, back: base,
			says: []string{"Error: A device is only replaced together with its installation", `device DEVICE "ci"`}, sameKey: true,
		},
		{
			name: "a new certificate", before: base, after: onSeal(again, key2, named, "LINES"), back: base,
			says: []string{"Error: Another API key needs another installation", `device DEVICE "ci"`, oldKey},
		},
		{
			name: "another key for the same certificate", before: base, after: base, args: []string{"-replace=" + credentialAddress}, back: base,
			says: []string{"Error: Another API key needs another installation", oldKey}, way: 1,
		},
		{
			name: `to "*"`, before: onSeal(certificate, key, named+"\n  "+list("127.0.0.1"), "LINES"), back: onSeal(certificate, key, named+"\n  "+list("127.0.0.1"), "LINES"),
			after: onSeal(certificate, key, named+"\n  "+list("127.0.0.1", "*"), "LINES"),
			says:  []string{`Error: Changing to or from "*" needs another API key and another installation`, oldKey},
		},
		{
			name: `to "*", without a list before`, before: base, back: base,
			after: onSeal(certificate, key, named+"\n  "+list("127.0.0.1", "*"), "LINES"),
			says:  []string{`Error: Changing to or from "*" needs another API key and another installation`},
		},
		{
			name: `from "*"`, before: onSeal(certificate, key, named+"\n  "+list("127.0.0.1", "*"), "LINES"),
			back:  onSeal(certificate, key, named+"\n  "+list("127.0.0.1", "*"), "LINES"),
			after: onSeal(certificate, key, named+"\n  "+list("127.0.0.1"), "LINES"),
			says:  []string{`Error: Changing to or from "*" needs another API key and another installation`},
		},
	}
	for _, row := range rows {
		for _, with := range []struct {
			answer bunqsim.Choice
			lines  string
		}{{bunqsim.Refused, ""}, {bunqsim.Refused, createBefore}, {bunqsim.Accepted, createBefore}} {
			t.Run(fmt.Sprintf("%s, %s, %s", row.name, with.answer, with.lines), func(t *testing.T) {
				t.Parallel()
				b := acctest.New(t, secondDevice(with.answer))
				c := acctest.NewCLI(t, b, acctest.Attached)
				write := func(config string) { c.Write(t, strings.ReplaceAll(config, "LINES", with.lines)) }
				write(row.before)
				c.MustApply(t)
				before := c.State(t)
				says := []string{"State: nothing was changed.", "to destroy instead, terraform destroy -refresh=false"}
				for _, text := range row.says {
					says = append(says, strings.ReplaceAll(text, "DEVICE", before.String(t, deviceAddress, "id")))
				}

				b.Sim.ResetJournal()
				write(row.after)
				got := c.Apply(t, row.args...)
				got.MustSay(t, 1, says...)
				if writes := b.Writes(0); len(writes) > 0 {
					t.Errorf("sent: %v", writes)
				}
				write(row.back)
				c.MustHaveNothingToDo(t)

				write(row.after)
				ways := commands(got.Output)
				if len(ways) < row.way+2 {
					t.Fatalf("named: %q", ways)
				}
				follow(t, c, ways[row.way], "main").MustSay(t, 0)
				c.MustHaveNothingToDo(t)
				mustHaveOneDeviceEach(t, b)
				if n := b.Count(createDevice); n != 1 {
					t.Errorf("a device was registered %d times", n)
				}

				after := c.State(t)
				if after.String(t, deviceAddress, "id") == before.String(t, deviceAddress, "id") {
					t.Error("the device is still the same")
				}
				if same := after.String(t, credentialAddress, "api_key") == before.String(t, credentialAddress, "api_key"); same != row.sameKey {
					t.Errorf("the key is the same: %t", same)
				}
				if n := len(b.Sim.Snapshot().Users); n != 1 {
					t.Errorf("%d users", n)
				}
			})
		}
	}
}

// The same error without a refresh, and for a destroy, which makes a plan first: the last way that it
// names destroys.
func TestAccDeviceServer_destroyedInstead(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	c := acctest.NewCLI(t, b, acctest.Attached)
	c.Write(t, deviceWith(named))
	c.MustApply(t)
	c.Plan(t, "-refresh=false", "-replace="+deviceAddress).MustSay(t, 1, "Error: A device is only replaced together with its installation")
	c.Write(t, deviceWith(set("description", `"ci 2"`)))
	got := c.Destroy(t)
	got.MustSay(t, 1, "Error: Another description needs another installation")
	ways := commands(got.Output)
	follow(t, c, ways[len(ways)-1], "main").MustSay(t, 0)
	if left := c.Objects(t); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// A key that was made elsewhere, and another one: both are known at plan.
func TestAccDeviceServer_anotherKeyMadeElsewhere(t *testing.T) {
	t.Parallel()
	for _, answer := range answers {
		t.Run(string(answer), func(t *testing.T) {
			t.Parallel()
			b := acctest.New(t, secondDevice(answer))
			c := acctest.NewCLI(t, b, acctest.Attached)
			var first, second *acctest.Party
			first, second = b.Onboard(t, "elsewhere"), b.Onboard(t, "elsewhere")
			c.Write(t, "variable \"key\" {}\n"+acctest.Installation+keyElsewhere("main", "{ api_key = var.key }", named))
			c.Env = []string{"TF_VAR_key=" + first.APIKey}
			c.MustApply(t)
			id := c.State(t).String(t, deviceAddress, "id")

			c.Env = []string{"TF_VAR_key=" + second.APIKey}
			got := c.Plan(t)
			got.MustSay(t, 1, "Error: Another API key needs another installation", "device "+id+` "ci"`)
			if strings.Contains(got.Output, first.APIKey) || strings.Contains(got.Output, second.APIKey) {
				t.Error("a key is in the message")
			}
			follow(t, c, commands(got.Output)[0], "main").MustSay(t, 0)
			c.MustHaveNothingToDo(t)
			if devices := b.Sim.Snapshot().Devices; devices[len(devices)-1].CredentialID != second.CredentialID {
				t.Error("the device has the first key")
			}
		})
	}
}

// keyElsewhere is a device with a credential that is written out.
func keyElsewhere(name, credential string, lines ...string) string {
	return fmt.Sprintf("resource \"bunq_device_server\" %q {\n  installation = bunq_installation.main\n  credential = %s\n  %s\n}\n",
		name, credential, strings.Join(lines, "\n  "))
}

// A key that is not known at plan, of a credential that is: the apply compares, refuses another one
// with the same error, and stores nothing. The same for a description.
func TestAccDeviceServer_comparedInTheApply(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	c := acctest.NewCLI(t, b, acctest.Attached)
	var p, other *acctest.Party
	p, other = b.Onboard(t, "elsewhere"), b.Onboard(t, "elsewhere")
	config := func(key, description string) string {
		return fmt.Sprintf("resource \"terraform_data\" \"in\" {\n  input = { key = %q, description = %q }\n}\n", key, description) + acctest.Installation +
			keyElsewhere("main", fmt.Sprintf("{ id = \"%d\", api_key = terraform_data.in.output.key }", p.CredentialID), "description = terraform_data.in.output.description")
	}
	c.Write(t, config(p.APIKey, "ci"))
	c.MustApply(t)
	c.MustHaveNothingToDo(t)
	before := fmt.Sprint(c.State(t)[deviceAddress])

	for _, tc := range []struct{ key, description, says string }{
		{other.APIKey, "ci", "Error: Another API key needs another installation"},
		{p.APIKey, "ci 2", "Error: Another description needs another installation"},
	} {
		b.Sim.ResetJournal()
		c.Write(t, config(tc.key, tc.description))
		c.Plan(t).MustSay(t, 2)
		c.Apply(t).MustSay(t, 1, tc.says)
		if writes := b.Writes(0); len(writes) > 0 || fmt.Sprint(c.State(t)[deviceAddress]) != before {
			t.Errorf("sent: %v", writes)
		}
		// What was not known in the first apply is known now.
		got := c.Plan(t)
		got.MustSay(t, 1, tc.says)
		c.Write(t, config(p.APIKey, "ci"))
		c.MustApply(t)
		c.MustHaveNothingToDo(t)
	}

	// A whole credential that is not known is another key.
	c.Write(t, "resource \"terraform_data\" \"in\" {\n  input = { id = \"1\", api_key = \"x\" }\n}\n"+acctest.Installation+
		keyElsewhere("main", "terraform_data.in.output", named))
	c.Plan(t, "-replace=terraform_data.in").MustSay(t, 1, "Error: Another API key needs another installation")
}

// An imported device whose name differs: the error quotes bunq's, and setting it goes on.
func TestAccDeviceServer_importedUnderAnotherName(t *testing.T) {
	t.Parallel()
	b := acctest.New(t, signedReads)
	p := b.Onboard(t, "Import")
	c := acctest.NewCLI(t, b, acctest.Attached)
	blocks := importAll(p.ContextFile(t, acctest.Python))
	c.Write(t, onboarded(t, c, p, set("description", `"mine"`))+blocks)
	got := c.Apply(t)
	got.MustSay(t, 1, fmt.Sprintf(`device %d "made by Import"`, p.DeviceID), `keep the description: description = "made by Import"`)

	c.Write(t, onboarded(t, c, p, made)+blocks)
	c.MustApply(t).MustSay(t, 0, "3 imported")
	c.MustHaveNothingToDo(t)

	c.Write(t, onboarded(t, c, p, set("description", `"mine"`)))
	follow(t, c, commands(c.Plan(t).Output)[0], "main").MustSay(t, 0)
	c.MustHaveNothingToDo(t)
	mustHaveOneDeviceEach(t, b)
}

// The way works in a module and with for_each, with the address as the shell needs it.
func TestAccDeviceServer_wayOfAnInstance(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	c := acctest.NewCLI(t, b, acctest.Attached)
	config := func(description string) string {
		return strings.NewReplacer(
			`resource "bunq_installation" "main" {`, "resource \"bunq_installation\" \"main\" {\n  for_each = toset([\"a b\"])\n",
			"bunq_installation.main\n", "bunq_installation.main[\"a b\"]\n").Replace(deviceWith(set("description", description)))
	}
	c.Write(t, config(`"ci"`))
	c.MustApply(t)
	c.Write(t, config(`"ci 2"`))
	got := c.Plan(t)
	got.MustSay(t, 1)
	follow(t, c, commands(got.Output)[0], `main["a b"]`).MustSay(t, 0)
	c.MustHaveNothingToDo(t)
}

// A keeper of the installation does what -replace does.
func TestAccDeviceServer_keeperReplacesIt(t *testing.T) {
	t.Parallel()
	for _, lines := range []string{"", createBefore} {
		t.Run(lines, func(t *testing.T) {
			t.Parallel()
			b := acctest.New(t)
			c := acctest.NewCLI(t, b, acctest.Attached)
			seal := validSeal(t)
			config := func(keeper, description string) string {
				text := onSeal(file(written(t, seal.certificate)), file(written(t, seal.key)), set("description", description), lines)
				return strings.Replace(text, `resource "bunq_installation" "main" {`, "resource \"bunq_installation\" \"main\" {\n  keepers = { device = \""+keeper+"\" }", 1)
			}
			c.Write(t, config("1", `"ci"`))
			c.MustApply(t)
			key := c.State(t).String(t, credentialAddress, "api_key")
			c.Write(t, config("2", `"ci 2"`))
			c.MustApply(t)
			c.MustHaveNothingToDo(t)
			if c.State(t).String(t, credentialAddress, "api_key") != key {
				t.Error("another key was made")
			}
			mustHaveOneDeviceEach(t, b)
		})
	}
}

// A credential that is tainted, or renamed without a moved block, looks like another key. The error names what undoes that.
func TestAccDeviceServer_credentialTaintedOrRenamed(t *testing.T) {
	t.Parallel()
	seal := newSeal(t, "Tainted PISP AISP", time.Now().Add(-time.Hour), time.Now().Add(365*24*time.Hour))
	config := onSeal(file(written(t, seal.certificate)), file(written(t, seal.key)), named, "")
	renamed := strings.NewReplacer(`"bunq_psd2_credential" "main"`, `"bunq_psd2_credential" "other"`,
		"bunq_psd2_credential.main", "bunq_psd2_credential.other").Replace(config)
	b := acctest.New(t)
	c := acctest.NewCLI(t, b, acctest.Attached)
	c.Write(t, config)
	c.MustApply(t)

	c.Run(t, "taint", "-no-color", credentialAddress).MustSay(t, 0)
	c.Plan(t).MustSay(t, 1, "Another API key needs another installation", "if it is tainted: terraform untaint 'bunq_psd2_credential.NAME'")
	c.Run(t, "untaint", "-no-color", credentialAddress).MustSay(t, 0)
	c.MustHaveNothingToDo(t)

	c.Write(t, renamed)
	c.Plan(t).MustSay(t, 1, "if the bunq_psd2_credential was renamed: a moved block")
	c.Write(t, renamed+"moved {\n  from = bunq_psd2_credential.main\n  to   = bunq_psd2_credential.other\n}\n")
	c.MustApply(t).MustSay(t, 0, "0 added, 0 changed, 0 destroyed")
	c.MustHaveNothingToDo(t)
}
