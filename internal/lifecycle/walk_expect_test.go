package lifecycle_test

import (
	"slices"
	"strings"
)

// below are the types whose objects go with an object of a type.
var below = map[string][]string{
	installation: {installation, credential, device}, credential: {installation, credential, device}, device: {installation, device}, client: {client, callback}, callback: {callback}, filters: {filters},
}

// typeOf is the type of a resource, by the name that walks give it.
func typeOf(name string) string {
	kind, _, _ := strings.Cut(name, ".")
	return map[string]string{
		"installation": installation, "installation2": installation, "credential": credential, "credential2": credential, "device": device, "device2": device, "client": client, "url": callback, "webhooks": filters,
	}[kind]
}

// expectChanges notes which objects an action may replace or end. All others
// are kept.
func (w *walker) expectChanges(words []string) {
	may := func(types ...string) {
		for _, t := range types {
			for _, b := range below[t] {
				w.mayChange[b] = true
			}
		}
	}
	switch words[0] {
	case "apply", "plan":
		for _, word := range words[1:] {
			if flag, name, _ := strings.Cut(word, "="); flag == "replace" {
				may(typeOf(name))
			}
		}
	case "taint", "forget", "removed":
		may(typeOf(words[1]))
	case "destroy":
		if len(words) == 1 || words[1] == "all" {
			may(installation, client, filters)
			return
		}
		// With all that depend on it.
		switch t := typeOf(words[1]); t {
		case callback, client, filters:
			may(t)
		default:
			may(t, client, filters)
		}
	case "certificate":
		issuers := []string{"issued", "reversed", "leaf", "joined"}
		if words[1] == "renewed" || words[1] == "other" || slices.Contains(issuers, words[1]) != w.want.certificate.issued() {
			may(credential)
		}
	case "keeper", "describe":
		may(device) // and the installation: one goes with the other
	case "set":
		if words[1] == "keepers" && w.want.device > 0 { // one keeper more or less is another installation
			may(device)
		}
	case "ips":
		if slices.Contains(w.want.ips, "*") || strings.HasSuffix(words[1], "any") {
			may(device)
		}
	case "url":
		may(callback)
	case "webhooks":
		may(filters)
	case "module":
		if words[2] != "moved" {
			may(installation, client, filters)
		}
	case "rename":
		if t := typeOf(words[1]); words[2] != "moved" {
			may(t)
		}
	case "second":
		may(credential)
	case "others":
		switch words[1] {
		case "cancel-client":
			may(client)
		case "delete-url":
			may(callback)
		}
	}
}
