package scripts_test

import (
	"encoding/json"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// imports are what each package may import besides the standard library: packages of this module by
// their path in it, and others by a path or its beginning. Whoever needs more adds it here, and the
// review sees it.
var imports = map[string]string{
	".":                             "framework internal/provider",
	"internal/provider":             "framework log internal/bunq internal/functions internal/lookup internal/oauthapp internal/onboarding internal/providerdata internal/ratelimit internal/sdkconf internal/session internal/tfdiag",
	"internal/onboarding":           "framework log semaphore internal/bunq internal/providerdata internal/qseal internal/sdkconf internal/session internal/signing internal/tfdiag",
	"internal/oauthapp":             "framework log semaphore internal/bunq internal/providerdata internal/session internal/tfdiag",
	"internal/lookup":               "framework log internal/bunq internal/providerdata internal/session internal/tfdiag",
	"internal/functions":            "framework software.sslmate.com/src/go-pkcs12 internal/bunq internal/providerdata internal/qseal internal/sdkconf internal/signing",
	"internal/providerdata":         "framework log internal/bunq internal/sdkconf internal/session internal/tfdiag",
	"internal/tfdiag":               "framework internal/bunq internal/session",
	"internal/sdkconf":              "internal/bunq internal/signing",
	"internal/session":              "github.com/gofrs/flock semaphore internal/bunq",
	"internal/bunq":                 "github.com/google/uuid golang.org/x/net/http/httpproxy internal/ratelimit internal/signing",
	"internal/qseal":                "github.com/youmark/pkcs8 internal/signing",
	"internal/ratelimit":            "semaphore",
	"internal/signing":              "",
	"internal/bunqsim":              "",
	"internal/bunqsim/cmd/bunqsim":  "internal/bunqsim",
	"internal/bunqprobe":            "internal/bunqprobe/probe",
	"internal/bunqprobe/journey":    "internal/bunqprobe/probe",
	"internal/bunqprobe/probe":      "internal/signing",
	"internal/acctest":              "framework go testing github.com/hashicorp/go-hclog github.com/hashicorp/go-plugin internal/acctest/core internal/bunq internal/bunqsim internal/provider internal/qseal internal/ratelimit internal/signing",
	"internal/acctest/core":         "framework go internal/provider",
	"internal/acctest/idleprovider": "framework",
	"internal/acctest/testprovider": "internal/acctest internal/provider",
	"internal/consent":              "",
	"internal/hostile":              "",
	"internal/lifecycle":            "",
	"internal/pacing":               "",
	"scripts":                       "",
	"internal/witness":              "",
	"scripts/democheck":             "internal/witness",
	"scripts/providerschema":        "framework go github.com/hashicorp/terraform-json github.com/zclconf/go-cty internal/provider",
}

// short are names for what stands in many rows.
var short = map[string]string{
	"framework": "github.com/hashicorp/terraform-plugin-framework", // and -framework-validators
	"go":        "github.com/hashicorp/terraform-plugin-go",
	"log":       "github.com/hashicorp/terraform-plugin-log",
	"testing":   "github.com/hashicorp/terraform-plugin-testing",
	"semaphore": "golang.org/x/sync/semaphore",
}

// never are what packages must not come to, directly or through others. "*" is every package, and
// "..." is everything of this module but what "but" names.
var never = []struct {
	from, to, but string
	tests         bool // holds for their tests as well
	direct        bool // holds for what they import themselves
	why           string
}{
	{from: ".", to: "internal/acctest internal/bunqsim github.com/hashicorp/terraform-plugin-testing", why: "it is for tests, and would be linked into the provider"},
	{from: ".", to: "github.com/hashicorp/terraform-plugin-sdk", why: "the provider is built on terraform-plugin-framework alone"},
	{
		from: "internal/bunqsim internal/bunqsim/cmd/bunqsim", to: "...", but: "internal/bunqsim", tests: true,
		why: "the simulator shares no code with what it judges, so that a mistake cannot cancel itself out",
	},
	{
		from: "internal/bunqprobe internal/bunqprobe/journey internal/bunqprobe/probe", to: "...",
		but: "internal/bunqprobe/probe internal/bunqsim internal/signing", tests: true,
		why: "the probe must be able to find client and simulator wrong, and is tested against the simulator",
	},
	{from: "scripts/democheck internal/witness", to: "...", but: "internal/witness", tests: true, why: "the demo's witness shares no code with what it checks"},
	{
		from: "internal/signing internal/ratelimit", to: "...", but: "internal/signing internal/ratelimit", tests: true,
		why: "what stands on nothing is tested with nothing",
	},
	{
		from: "internal/bunq internal/session internal/qseal internal/sdkconf", to: "github.com/hashicorp", tests: true,
		why: "it knows nothing of Terraform, and is tested without it",
	},
	{from: "internal/qseal internal/ratelimit internal/signing", to: "net/http", why: "it computes, and asks nobody"},
	{from: "internal/functions", to: "net/http", direct: true, why: "it computes, and asks nobody"},
	{from: "internal/onboarding", to: "internal/oauthapp", why: "the two groups of resources meet in the provider only"},
	{from: "internal/oauthapp", to: "internal/onboarding", why: "the two groups of resources meet in the provider only"},
	{
		from: "internal/onboarding internal/oauthapp internal/acctest internal/consent internal/lifecycle internal/pacing",
		to:   "internal/onboarding internal/oauthapp", tests: true, direct: true,
		why: "the tests see resources as Terraform does, through the provider",
	},
	{from: "*", to: "io/ioutil", tests: true, direct: true, why: "it is deprecated; use io and os"},
	{from: "*", to: "math/rand", tests: true, direct: true, why: "use math/rand/v2, or crypto/rand where it is a secret"},
}

// goPackage is what "go list" says about a package.
type goPackage struct {
	ImportPath                         string
	Standard                           bool
	Imports, TestImports, XTestImports []string
}

// packages returns all packages of this module and what they stand on, as built for a system. Those
// of this module have their path in it.
func packages(t *testing.T, system string) map[string]goPackage {
	t.Helper()
	module := strings.TrimSpace(run(t, "..", "go", "list", "-m"))
	cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", "-test", "-json=ImportPath,Standard,Imports,TestImports,XTestImports", "./...")
	cmd.Dir = ".."
	cmd.Env = append(os.Environ(), "GOWORK=off", "CGO_ENABLED=0", "GOOS="+system)
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}

	inModule := func(path string) string {
		if path == module {
			return "."
		}
		return strings.TrimPrefix(path, module+"/")
	}
	all := map[string]goPackage{}
	for d := json.NewDecoder(strings.NewReader(string(out))); d.More(); {
		var p goPackage
		if err := d.Decode(&p); err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(p.ImportPath, ".test") || strings.Contains(p.ImportPath, " [") {
			continue // a package as it is built for a test, and the program that runs the test
		}
		if p.Standard {
			all[p.ImportPath] = goPackage{Standard: true} // what it stands on is Go's own business
			continue
		}
		for _, list := range [][]string{p.Imports, p.TestImports, p.XTestImports} {
			for i, path := range list {
				list[i] = inModule(path)
			}
		}
		all[inModule(p.ImportPath)] = p
	}
	return all
}

// Each package imports what its row allows, and comes to nothing that it must not know by any way.
func TestImports(t *testing.T) {
	t.Parallel()
	for _, system := range []string{"linux", "windows"} {
		all := packages(t, system)
		for _, fault := range faultsOfImports(all) {
			t.Errorf("%s: %s", system, fault)
		}
		for path := range imports {
			if _, ok := all[path]; !ok {
				t.Errorf("there is no package %q any more: take its row out", path)
			}
		}
	}
}

// isOurs reports whether a path, as packages has it, is of this module.
func isOurs(path string) bool {
	return path == "." || strings.HasPrefix(path, "internal/") || path == "scripts" || strings.HasPrefix(path, "scripts/")
}

// within reports whether a path is one of a list, or below one of another module.
func within(path, list string) bool {
	for one := range strings.FieldsSeq(list) {
		if path == one || !isOurs(one) && strings.Contains(one, ".") && (strings.HasPrefix(path, one+"/") || strings.HasPrefix(path, one+"-")) {
			return true
		}
	}
	return false
}

func faultsOfImports(all map[string]goPackage) []string {
	var faults []string
	for _, path := range slices.Sorted(maps.Keys(all)) {
		if !isOurs(path) || all[path].Standard {
			continue
		}
		p := all[path]
		row, ok := imports[path]
		if !ok {
			faults = append(faults, path+" has no row in scripts/imports_test.go")
			continue
		}
		for _, to := range p.Imports {
			if !all[to].Standard && to != "C" && !allowed(row, to) {
				faults = append(faults, path+" imports "+to+", which is not in its row")
			}
		}
	}

	for _, ban := range never {
		from := strings.Fields(ban.from)
		if ban.from == "*" {
			from = slices.Collect(maps.Keys(imports))
		}
		for _, from := range from {
			ways := reached(all, from, ban.tests, ban.direct)
			for to, way := range ways {
				if to == from || within(to, ban.but) {
					continue
				}
				if within(to, ban.to) || ban.to == "..." && isOurs(to) {
					faults = append(faults, from+" comes to "+strings.Join(way, " -> ")+": "+ban.why)
				}
			}
		}
	}
	slices.Sort(faults)
	return faults
}

// allowed reports whether a row has a path.
func allowed(row, path string) bool {
	for name := range strings.FieldsSeq(row) {
		if full, ok := short[name]; ok {
			name = full
		}
		if within(path, name) {
			return true
		}
	}
	return false
}

// reached returns the packages that a package, and its tests, import, each with the way to it.
func reached(all map[string]goPackage, from string, tests, direct bool) map[string][]string {
	first := all[from].Imports
	if tests {
		first = slices.Concat(first, all[from].TestImports, all[from].XTestImports)
	}
	var queue [][]string
	for _, path := range first {
		queue = append(queue, []string{path})
	}

	ways := map[string][]string{}
	for len(queue) > 0 {
		way := queue[0]
		queue = queue[1:]
		last := way[len(way)-1]
		if _, ok := ways[last]; ok {
			continue
		}
		ways[last] = way
		if direct {
			continue
		}
		for _, next := range all[last].Imports {
			queue = append(queue, append(slices.Clone(way), next))
		}
	}
	return ways
}

// Each rule finds what it is there for.
func TestImports_finds(t *testing.T) {
	t.Parallel()
	all := packages(t, "linux")
	for name, c := range map[string]struct {
		from, imports string
		inTest        bool
		want          string
	}{
		"a package without a row":                 {from: "internal/new", imports: "fmt", want: "internal/new has no row"},
		"a module that is in no row":              {from: "internal/session", imports: "github.com/google/go-cmp/cmp", want: "not in its row"},
		"a package of this module":                {from: "internal/tfdiag", imports: "internal/signing", want: "not in its row"},
		"a way from the provider to the tests":    {from: "internal/lookup", imports: "internal/acctest", want: " comes to internal/provider -> internal/lookup -> internal/acctest"},
		"a way through another module":            {from: "github.com/gofrs/flock", imports: "github.com/hashicorp/terraform-plugin-testing/terraform", want: "github.com/gofrs/flock -> github.com/hashicorp/terraform-plugin-testing/terraform"},
		"the client in the simulator":             {from: "internal/bunqsim", imports: "internal/signing", want: "the simulator shares no code"},
		"the client in a test of the simulator":   {from: "internal/bunqsim", imports: "internal/bunq", inTest: true, want: "the simulator shares no code"},
		"the client in a test of the probe":       {from: "internal/bunqprobe/probe", imports: "internal/bunq", inTest: true, want: "must be able to find client and simulator wrong"},
		"Terraform in a test of the client":       {from: "internal/bunq", imports: "internal/acctest", inTest: true, want: "tested without it"},
		"one group of resources in the other":     {from: "internal/onboarding", imports: "internal/oauthapp", inTest: true, want: "the tests see resources"},
		"resources from inside, in a shared test": {from: "internal/pacing", imports: "internal/onboarding", inTest: true, want: "through the provider"},
		"HTTP by way of a neighbour":              {from: "github.com/youmark/pkcs8", imports: "net/http", want: "internal/qseal comes to github.com/youmark/pkcs8 -> net/http"},
		"the old random numbers":                  {from: "internal/lookup", imports: "math/rand", inTest: true, want: "math/rand/v2"},
	} {
		changed := maps.Clone(all)
		p := changed[c.from]
		if c.inTest {
			p.XTestImports = append(slices.Clone(p.XTestImports), c.imports)
		} else {
			p.Imports = append(slices.Clone(p.Imports), c.imports)
		}
		changed[c.from] = p
		if faults := faultsOfImports(changed); !slices.ContainsFunc(faults, func(f string) bool { return strings.Contains(f, c.want) }) {
			t.Errorf("%s: got %q, want %q among them", name, faults, c.want)
		}
	}
}
