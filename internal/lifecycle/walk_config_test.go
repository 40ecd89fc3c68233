package lifecycle_test

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// wanted is the configuration of a walk, as far as walks change it.
type wanted struct {
	certificate certificateFiles
	description string
	// ips are the permitted addresses; nil for none. Where late is set, an element
	// of them or all of them are not known until terraform_data.late was made again,
	// which lateTimes counts.
	ips       []string
	late      string
	lateTimes int
	// keyOnly hands the device nothing of its credential but the key.
	keyOnly bool

	// keepers ties the installation to the certificate; device is another keeper, of which 0 stands for
	// none.
	keepers bool
	device  int

	adopt, protect, deactivate bool
	// createFirst are the resources with create_before_destroy.
	createFirst map[string]bool

	// webhooks are the notification filters of the user; none for no resource.
	webhooks     []webhook
	webhooksMade int

	urls     []callbackURL
	forEach  bool
	urlsMade int
	noClient bool // neither client nor callback URLs
	context  string
	viaAlias map[string]bool
	hasAlias bool
	second   bool
	secondAs string // its description
	inModule bool
	labels   map[string]string // of the resources that were renamed
	renamed  int
	blocks   []string // moved, removed and import blocks, for one step
}

// webhook is one notification filter.
type webhook struct{ category, target string }

// callbackURL is one element of the list, or of the map, of callback URLs.
type callbackURL struct{ key, url string }

// firstWanted is the configuration that each walk changes before its first
// apply.
func firstWanted() *wanted {
	w := &wanted{
		certificate: certificateFiles{generation: 1}, keepers: true, description: "walk", context: "main", secondAs: "walk",
		createFirst: map[string]bool{}, viaAlias: map[string]bool{}, labels: map[string]string{},
	}
	w.addURL(0)
	return w
}

func (w *wanted) addURL(at int) {
	w.urlsMade++
	name := strconv.Itoa(w.urlsMade)
	w.urls = slices.Insert(w.urls, at, callbackURL{key: "k" + name, url: "https://app.example.com/" + name})
}

func (w *wanted) hasURL(url string) bool {
	return !w.noClient && slices.ContainsFunc(w.urls, func(u callbackURL) bool { return u.url == url })
}

// keeps reports whether a callback URL of the state is to stay as it is: an apply that was interrupted
// may have left the old one in the state.
func (w *wanted) keeps(h held) bool {
	i := slices.Index(w.resourcesOf("url"), h.address)
	return i >= 0 && w.urls[i].url == h.text("url")
}

// resourcesOf are the addresses of a resource in the configuration, by the name
// that walks give it: "url" for all callback URLs, "url.1" for one of them.
func (w *wanted) resourcesOf(name string) []string {
	prefix := ""
	if w.inModule {
		prefix = "module.bank."
	}
	kind, number, one := strings.Cut(name, ".")
	switch kind {
	case "installation", "credential", "device":
		return []string{prefix + w.called(kind)}
	case "webhooks":
		if len(w.webhooks) == 0 {
			return nil
		}
		return []string{prefix + w.called(kind)}
	case "installation2", "credential2", "device2":
		if !w.second {
			return nil
		}
		return []string{prefix + w.called(kind)}
	case "client":
		if w.noClient {
			return nil
		}
		return []string{prefix + w.called(kind)}
	}
	if w.noClient {
		return nil
	}
	var all []string
	for i, u := range w.urls {
		at := strconv.Itoa(i)
		if w.forEach {
			at = strconv.Quote(u.key)
		}
		all = append(all, fmt.Sprintf("%s%s.web[%s]", prefix, callback, at))
	}
	if !one || len(all) == 0 {
		return all
	}
	n, _ := strconv.Atoi(number)
	return all[n%len(all) : n%len(all)+1]
}

// called is the address of a resource in its module.
func (w *wanted) called(name string) string {
	label := cmp.Or(w.labels[name], "main")
	if strings.HasSuffix(name, "2") {
		label = "second"
	}
	return typeOf(name) + "." + label
}

// declared are the addresses of all resources.
func (w *wanted) declared() []string {
	var all []string
	for _, name := range []string{"installation", "credential", "device", "installation2", "credential2", "device2", "webhooks", "client", "url"} {
		all = append(all, w.resourcesOf(name)...)
	}
	return all
}

// hcl is the configuration as files: main.tf, and the module's where there is
// one.
func (w *wanted) hcl() (root, module string) {
	var providers strings.Builder
	providers.WriteString("provider \"bunq\" {}\n")
	bank := ""
	if w.inModule {
		bank = "module.bank."
	}
	if w.hasAlias {
		at := bank + w.called("device") + ".api_context"
		if w.inModule {
			at = "module.bank.api_context"
		}
		fmt.Fprintf(&providers, "\nprovider \"bunq\" {\n  alias       = \"own\"\n  api_context = %s\n}\n", at)
	}
	resources := w.resources()
	blocks := strings.Join(w.blocks, "")
	if !w.inModule {
		return providers.String() + resources + blocks, ""
	}
	call := "\nmodule \"bank\" {\n  source = \"./bank\"\n"
	module = "terraform {\n  required_providers {\n    bunq = {\n      source = \"openpsd2/bunq\"\n%s    }\n  }\n}\n"
	extra := ""
	if w.hasAlias {
		call += "  providers = {\n    bunq     = bunq\n    bunq.own = bunq.own\n  }\n"
		extra = "      configuration_aliases = [bunq.own]\n"
	}
	module = fmt.Sprintf(module, extra) + resources +
		fmt.Sprintf("\noutput \"api_context\" {\n  value     = %s.api_context\n  sensitive = true\n}\n", w.called("device"))
	return providers.String() + call + "}\n" + blocks, module
}

func (w *wanted) resources() string {
	var b strings.Builder
	if w.late != "" {
		fmt.Fprintf(&b, "\nresource \"terraform_data\" \"late\" {\n  input            = %s\n  triggers_replace = %d\n}\n", w.lateInput(), w.lateTimes)
	}
	b.WriteString(w.installation("installation"))
	b.WriteString(w.credential("credential", "installation"))
	b.WriteString(w.registered("device", "installation", "credential", w.description, w.permitted()))
	if w.second {
		b.WriteString(w.installation("installation2"))
		b.WriteString(w.credential("credential2", "installation2"))
		b.WriteString(w.registered("device2", "installation2", "credential2", w.secondAs, ""))
	}
	if len(w.webhooks) > 0 {
		b.WriteString(w.filters())
	}
	if !w.noClient {
		b.WriteString(w.clientAndURLs())
	}
	return b.String()
}

func (w *wanted) lifecycle(name string) string {
	if !w.createFirst[name] {
		return ""
	}
	return "  lifecycle {\n    create_before_destroy = true\n  }\n"
}

// block is the first line of a resource.
func (w *wanted) block(name string) string {
	typ, label, _ := strings.Cut(w.called(name), ".")
	return fmt.Sprintf("resource %q %q {\n", typ, label)
}

func (w *wanted) installation(name string) string {
	var keepers string
	if w.keepers {
		keepers += "    certificate = provider::bunq::parse_qseal_certificate(file(\"leaf.pem\")).fingerprint_sha256\n"
	}
	if w.device > 0 {
		keepers += fmt.Sprintf("    device      = \"%d\"\n", w.device)
	}
	if keepers != "" {
		keepers = "  keepers = {\n" + keepers + "  }\n"
	}
	return fmt.Sprintf("\n%s%s%s}\n", w.block(name), keepers, w.lifecycle(name))
}

func (w *wanted) credential(name, installation string) string {
	extra := ""
	if w.deactivate {
		extra = "  deactivate_on_destroy = true\n"
	}
	return fmt.Sprintf("\n%s  installation       = %s\n%s%s%s}\n", w.block(name), w.called(installation),
		w.certificate.attributes(), extra, w.lifecycle(name))
}

func (w *wanted) registered(name, installation, credential, description, permitted string) string {
	key := w.called(credential)
	if w.keyOnly {
		key = fmt.Sprintf("{ api_key = %s.api_key }", key)
	}
	return fmt.Sprintf("\n%s  installation = %s\n  credential   = %s\n  description  = %q\n%s%s}\n", w.block(name), w.called(installation),
		key, description, permitted, w.lifecycle(name))
}

// permitted is the attribute permitted_ips, or nothing.
func (w *wanted) permitted() string {
	if w.ips == nil {
		return ""
	}
	list := quoted(w.ips)
	switch w.late {
	case "element":
		list = quoted(w.ips[:len(w.ips)-1])
		list = strings.TrimSuffix(list, "]") + ", terraform_data.late.output]"
		list = strings.Replace(list, "[, ", "[", 1)
	case "set":
		list = "toset(terraform_data.late.output)"
	}
	return "  permitted_ips = " + list + "\n"
}

func (w *wanted) lateInput() string {
	switch {
	case len(w.ips) == 0:
		return `""`
	case w.late == "element":
		return strconv.Quote(w.ips[len(w.ips)-1])
	}
	return quoted(w.ips)
}

func quoted(all []string) string {
	out := make([]string, len(all))
	for i, s := range all {
		out[i] = strconv.Quote(s)
	}
	return "[" + strings.Join(out, ", ") + "]"
}

// filters is the resource of the webhooks.
func (w *wanted) filters() string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s%s", w.block("webhooks"), w.access("webhooks"))
	if w.adopt {
		b.WriteString("  adopt_existing = true\n")
	}
	b.WriteString("  filters = [\n")
	for _, h := range w.webhooks {
		fmt.Fprintf(&b, "    { category = %q, notification_target = %q },\n", h.category, h.target)
	}
	fmt.Fprintf(&b, "  ]\n%s}\n", w.lifecycle("webhooks"))
	return b.String()
}

func (w *wanted) clientAndURLs() string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s%s", w.block("client"), w.access("client"))
	if w.adopt {
		b.WriteString("  adopt_existing      = true\n")
	}
	fmt.Fprintf(&b, "  deletion_protection = %t\n%s}\n", w.protect, w.lifecycle("client"))
	if len(w.urls) == 0 {
		return b.String()
	}
	var each, url string
	if w.forEach {
		each = "  for_each = {\n"
		for _, u := range w.urls {
			each += fmt.Sprintf("    %s = %q\n", u.key, u.url)
		}
		each, url = each+"  }\n", "each.value"
	} else {
		var list []string
		for _, u := range w.urls {
			list = append(list, u.url)
		}
		fmt.Fprintf(&b, "\nlocals {\n  urls = %s\n}\n", quoted(list))
		each, url = "  count = length(local.urls)\n", "local.urls[count.index]"
	}
	fmt.Fprintf(&b, "\nresource %q \"web\" {\n%s%s  oauth_client_id = %s.id\n  url             = %s\n%s}\n", callback, each, w.access("url"), w.called("client"), url,
		w.lifecycle("url"))
	return b.String()
}

// access is how client and callback URLs name their context.
func (w *wanted) access(name string) string {
	if w.viaAlias[name] {
		return "  provider = bunq.own\n"
	}
	from := "device"
	if w.context == "second" && w.second {
		from = "device2"
	}
	return fmt.Sprintf("  api_context = %s.api_context\n", w.called(from))
}
