package lifecycle_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// The addresses of walks: where the machine is at home, and others.
const home = "127.0.0.1"

var elsewhereAddresses = []string{"192.0.2.1", "192.0.2.2", "192.0.2.3"}

// change does one change of the configuration. What cannot be done as things are
// is left undone, so that a walk still is one when a step is taken out of it.
func (w *wanted) change(words []string) {
	verb, how := words[0], words[1]
	switch verb {
	case "certificate":
		w.changeCertificate(how)
	case "describe":
		w.describe(how, words[2])
	case "ips":
		w.changeIPs(how)
	case "set":
		w.set(how, words[2] == "true")
	case "create-first":
		w.createFirst[how] = words[2] == "true"
	case "keeper": // another value makes another installation
		w.device++
	case "url":
		w.changeURL(how, words[2:])
	case "webhooks":
		w.changeWebhooks(how)
	case "second":
		if w.second = how == "yes"; !w.second && w.context == "second" {
			w.context = "main"
		}
	case "context":
		if how == "main" || w.second {
			w.context = how
		}
	case "alias":
		w.viaAlias[how] = words[2] == "true"
		w.hasAlias = true
	case "module":
		w.maybeMoved(words[2], func() { w.inModule = how == "yes" })
	case "rename":
		w.maybeMoved(words[2], func() {
			w.renamed++
			w.labels = maps.Clone(w.labels)
			w.labels[how] = fmt.Sprintf("renamed%d", w.renamed)
		})
	default:
		panic("no change " + strings.Join(words, " "))
	}
}

func (w *wanted) changeCertificate(how string) {
	c := &w.certificate
	switch how {
	case "renewed":
		c.generation++
	case "other":
		c.other = true
	case "lf", "crlf", "bom", "comment":
		c.form = strings.TrimPrefix(how, "lf")
	default:
		c.chain = strings.TrimPrefix(how, "omitted")
	}
}

// describe names a device; "same" is the name of the other one.
func (w *wanted) describe(which, name string) {
	switch {
	case which == "second" && name == "same":
		w.secondAs = w.description
	case which == "second":
		w.secondAs = name
	case name != "same":
		w.description = name
	}
}

func (w *wanted) changeIPs(how string) {
	w.late = ""
	if len(w.ips) == 0 && how != "omitted" {
		w.ips = []string{home}
	}
	concrete := slices.DeleteFunc(slices.Clone(w.ips), func(ip string) bool { return ip == "*" })
	switch how {
	case "omitted":
		w.ips = nil
	case "own":
		w.ips = []string{home}
	case "more":
		w.ips = concrete
		if n := len(w.ips); n <= len(elsewhereAddresses) {
			w.ips = append(w.ips, free(w.ips))
		}
	case "less":
		w.ips = concrete
		if len(w.ips) > 1 {
			w.ips = w.ips[:len(w.ips)-1]
		}
	case "others":
		w.ips = []string{elsewhereAddresses[0], elsewhereAddresses[2]}
	case "any":
		w.ips = []string{home, "*"}
	case "more-and-any":
		w.ips = slices.Compact(slices.Sorted(slices.Values(append(slices.Clone(concrete), home, free(concrete), "*"))))
	case "late-element":
		w.ips = append(slices.Clone(concrete), free(concrete))
		w.late, w.lateTimes = "element", w.lateTimes+1
	case "late-set":
		w.ips = append(slices.Clone(concrete), free(concrete))
		w.late, w.lateTimes = "set", w.lateTimes+1
	case "late-any":
		w.ips = []string{home, "*"}
		w.late, w.lateTimes = "set", w.lateTimes+1
	default:
		panic("no ips " + how)
	}
}

// free is an address that is not in the list yet; the last one where all are.
func free(ips []string) string {
	for _, ip := range append([]string{home}, elsewhereAddresses...) {
		if !slices.Contains(ips, ip) {
			return ip
		}
	}
	return "192.0.2." + fmt.Sprint(10+len(ips))
}

func (w *wanted) set(name string, value bool) {
	switch name {
	case "adopt":
		w.adopt = value
	case "protect":
		w.protect = value
	case "deactivate":
		w.deactivate = value
	case "key-only":
		w.keyOnly = value
	case "keepers":
		w.keepers = value
	default:
		panic("no boolean " + name)
	}
}

const mostURLs = 4

func (w *wanted) changeURL(how string, words []string) {
	n := len(w.urls)
	at := map[string]int{"front": 0, "middle": n / 2, "end": n}
	where := func(last int) int { return min(at[words[0]], last) }
	switch how {
	case "add":
		if n < mostURLs {
			w.addURL(where(n))
		}
	case "drop":
		if n > 0 {
			i := where(n - 1)
			w.urls = slices.Delete(slices.Clone(w.urls), i, i+1)
		}
	case "change":
		if n > 0 {
			i := where(n - 1)
			w.urlsMade++
			w.urls = slices.Clone(w.urls)
			w.urls[i].url = fmt.Sprintf("https://app.example.com/%d", w.urlsMade)
		}
	case "swap":
		if n > 1 {
			w.urls = slices.Clone(w.urls)
			w.urls[0].url, w.urls[n-1].url = w.urls[n-1].url, w.urls[0].url
		}
	case "rename": // the key of the first, with or without a moved block
		if n > 0 {
			rename := func() {
				w.urlsMade++
				w.urls = slices.Clone(w.urls)
				w.urls[0].key = fmt.Sprintf("k%d", w.urlsMade)
			}
			w.maybeMoved(words[0], rename)
		}
	case "list":
		w.maybeMoved(words[0], func() { w.forEach = false })
	case "map":
		w.maybeMoved(words[0], func() { w.forEach = true })
	default:
		panic("no url " + how)
	}
}

// webhookCategories are those that walks use, one target each.
var webhookCategories = []string{"OAUTH", "PAYMENT", "MUTATION"}

// changeWebhooks changes the set, which stays in no order.
func (w *wanted) changeWebhooks(how string) {
	n := len(w.webhooks)
	target := func() string {
		w.webhooksMade++
		return fmt.Sprintf("https://app.example.com/hooks/%d", w.webhooksMade)
	}
	w.webhooks = slices.Clone(w.webhooks)
	switch how {
	case "add":
		if n < len(webhookCategories) {
			w.webhooks = append(w.webhooks, webhook{webhookCategories[n], target()})
		}
	case "drop":
		w.webhooks = w.webhooks[:max(n-1, 0)]
	case "change":
		if n > 0 {
			w.webhooks[0].target = target()
		}
	case "none":
		w.webhooks = nil
	default:
		panic("no webhooks " + how)
	}
}

// maybeMoved does a change that gives resources other addresses, and where moved
// says so declares moved blocks for it. There is one such change in a step, as
// Terraform cannot follow two, and none beside other blocks, which name addresses.
func (w *wanted) maybeMoved(moved string, change func()) {
	if len(w.blocks) > 0 {
		return
	}
	before := w.declared()
	change()
	if moved != "moved" {
		return
	}
	after := w.declared()
	for i, from := range before {
		if to := after[i]; from != to {
			w.blocks = append(w.blocks, movedTo(from, to))
		}
	}
}

func movedTo(from, to string) string {
	return fmt.Sprintf("\nmoved {\n  from = %s\n  to   = %s\n}\n", from, to)
}
