package lifecycle_test

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"strconv"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest/core"
	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/sdkconf"
)

// scenario is an operation that meets faults.
type scenario struct {
	name string
	// prepare makes what is there before.
	prepare func(context.Context, *world)
	// operate does the operation; the fault begins with arm.
	operate func(ctx context.Context, w *world, arm func()) core.Notices
	// target is the configuration of the clean run after it.
	target func(*world) []declared
	// again repeats what the operation does beside applying, in the clean run.
	again func(context.Context, *world)
	// keeps are the types whose objects must be in the state throughout.
	keeps []string
}

func itoa(id int64) string { return strconv.FormatInt(id, 10) }

// made prepares by applying a configuration.
func made(config func(*world) []declared) func(context.Context, *world) {
	return func(ctx context.Context, w *world) {
		w.t.Helper()
		p := w.plan(ctx, config(w))
		if got := append(p.notices, w.apply(ctx, p)...).Errors(); len(got) > 0 {
			w.t.Fatalf("preparing failed:\n%s", got)
		}
	}
}

func upTo(typ string, changes ...with) func(*world) []declared {
	return func(w *world) []declared { return w.config(typ, changes...) }
}

// applies operates with an apply; the plan before it is clean.
func applies(config func(*world) []declared) func(context.Context, *world, func()) core.Notices {
	return func(ctx context.Context, w *world, arm func()) core.Notices {
		w.t.Helper()
		p := w.plan(ctx, config(w))
		if got := p.notices.Errors(); len(got) > 0 {
			w.t.Fatalf("the plan failed:\n%s", got)
		}
		arm()
		return w.apply(ctx, p)
	}
}

// plans operates with a plan: a refresh of all.
func plans(config func(*world) []declared) func(context.Context, *world, func()) core.Notices {
	return func(ctx context.Context, w *world, arm func()) core.Notices {
		w.t.Helper()
		arm()
		p := w.plan(ctx, config(w))
		if len(p.notices.Errors()) > 0 {
			return p.notices
		}
		for _, ch := range p.list {
			if ch.action != actNothing {
				w.t.Errorf("after a refresh that met a fault the plan wants to %s %s", ch.action, ch.declared.typ)
			}
		}
		return p.notices
	}
}

// imports operates with an import of one type.
func importing(typ string) scenario {
	whole := upTo(callback)
	if typ == filters {
		whole = upTo(filters)
	}
	id := func(w *world) string { return w.importID(typ) }
	return scenario{
		name: "import of " + typ,
		prepare: func(ctx context.Context, w *world) {
			w.t.Helper()
			made(whole)(ctx, w)
			w.remembered = maps.Clone(w.state)
			w.settings = func(references) core.Args {
				return core.Args{"api_context": w.remembered[device].Attr("api_context")}
			}
			delete(w.state, typ)
		},
		operate: func(ctx context.Context, w *world, arm func()) core.Notices {
			w.t.Helper()
			arm()
			return w.imports(ctx, typ, id(w))
		},
		again: func(ctx context.Context, w *world) {
			w.t.Helper()
			if _, there := w.state[typ]; !there {
				if got := w.imports(ctx, typ, id(w)).Errors(); len(got) > 0 {
					w.t.Fatalf("the clean import failed:\n%s", got)
				}
			}
			p := w.plan(ctx, whole(w))
			for _, ch := range p.list {
				if ch.action != actNothing && ch.action != actUpdate {
					w.t.Errorf("after the import the plan wants to %s %s", ch.action, ch.declared.typ)
				}
			}
		},
		target: whole,
	}
}

// importID is what a user gives to import an object that was forgotten.
func (w *world) importID(typ string) string {
	w.t.Helper()
	o := w.remembered[typ]
	switch typ {
	case client:
		return o.Text("user_id") + "/" + o.Text("id")
	case callback:
		return o.Text("user_id") + "/" + o.Text("oauth_client_id") + "/" + o.Text("id")
	case filters:
		return o.Text("user_id")
	}
	from := w.remembered[installation]
	raw, err := sdkconf.Marshal(sdkconf.Context{
		Environment: bunq.Sandbox, APIKey: bunq.Secret(w.remembered[credential].Text("api_key")),
		InstallationToken: bunq.Secret(from.Text("token")), PrivateKeyPEM: bunq.Secret(from.Text("private_key_pem")),
		ServerPublicKeyPEM: from.Text("server_public_key_pem"),
	})
	if err != nil {
		w.t.Fatal(err)
	}
	path := filepath.Join(w.t.TempDir(), "bunq.conf")
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		w.t.Fatal(err)
	}
	return path
}

const ownAddress, otherAddress, thirdAddress, newAddress = "127.0.0.1", "192.0.2.1", "192.0.2.2", "192.0.2.3"

// webhooks is a set of notification filters, one for each target.
func webhooks(targets ...string) tftypes.Value {
	types := tftypes.Set{ElementType: tftypes.String}
	of := tftypes.Object{AttributeTypes: map[string]tftypes.Type{"category": tftypes.String, "notification_target": tftypes.String, "verification_types": types}}
	values := make([]tftypes.Value, len(targets))
	for i, t := range targets {
		values[i] = tftypes.NewValue(of, map[string]tftypes.Value{
			"category": core.String("OAUTH"), "notification_target": core.String(t), "verification_types": tftypes.NewValue(types, nil),
		})
	}
	return tftypes.NewValue(tftypes.Set{ElementType: of}, values)
}

func permits(ips ...string) with { return assign(device, "permitted_ips", core.Set(ips...)) }

func otherKey() with {
	return with{installation, func(references) core.Args {
		k, err := sharedKeys()
		if err != nil {
			panic(err)
		}
		return core.Args{"private_key_pem": core.String(k.other)}
	}}
}

// scenarios are the operations of each resource that call bunq. Between them
// they make every call that the provider makes.
func scenarios() []scenario {
	all := []string{installation, credential, device, client, callback}
	withoutCache := func(ctx context.Context, w *world) {
		w.t.Helper()
		made(upTo(callback))(ctx, w)
		w.settings = func(references) core.Args {
			return core.Args{"session_cache": core.Bool(false)}
		}
	}
	sparse := upTo(device, permits(ownAddress, otherAddress))
	list := []scenario{
		{name: "first apply of everything", prepare: func(context.Context, *world) {}, operate: applies(upTo(callback)), target: upTo(callback)},
		{
			name: "device: create with a key of an earlier run", prepare: made(upTo(credential)), operate: applies(upTo(device)), target: upTo(device),
			keeps: []string{installation, credential},
		},
		{
			name: "device: adopt the one that the state lost",
			prepare: func(ctx context.Context, w *world) {
				w.t.Helper()
				made(sparse)(ctx, w)
				delete(w.state, device)
			},
			operate: applies(upTo(device, permits(ownAddress, otherAddress, newAddress))),
			target:  upTo(device, permits(ownAddress, otherAddress, newAddress)), keeps: []string{installation, credential},
		},
		{
			name: "device: change the permitted addresses",
			prepare: func(ctx context.Context, w *world) {
				w.t.Helper()
				made(upTo(device, permits(ownAddress, otherAddress, thirdAddress)))(ctx, w)
				made(sparse)(ctx, w) // thirdAddress is there, and inactive
			},
			operate: applies(upTo(device, permits(ownAddress, thirdAddress, newAddress))),
			target:  upTo(device, permits(ownAddress, thirdAddress, newAddress)), keeps: []string{installation, credential, device},
		},
		{
			name:    "credential: destroy and deactivate its addresses",
			prepare: made(upTo(device, permits(ownAddress, otherAddress), assign(credential, "deactivate_on_destroy", core.Bool(true)))),
			operate: applies(upTo("")), target: upTo(""),
		},
		{name: "refresh of everything", prepare: made(upTo(callback)), operate: plans(upTo(callback)), target: upTo(callback), keeps: all},
		{name: "refresh of everything, without a kept session", prepare: withoutCache, operate: plans(upTo(callback)), target: upTo(callback), keeps: all},
		{
			name: "refresh of permitted addresses", prepare: made(upTo(device, permits(ownAddress, otherAddress))),
			operate: plans(upTo(device, permits(ownAddress, otherAddress))), target: upTo(device, permits(ownAddress, otherAddress)),
			keeps: []string{installation, credential, device},
		},
		{
			name: "refresh of a key that waits for its first use", prepare: made(upTo(credential)), operate: plans(upTo(credential)), target: upTo(credential),
			keeps: []string{installation, credential},
		},
		{name: "client: create", prepare: made(upTo(device)), operate: applies(upTo(client)), target: upTo(client), keeps: all[:3]},
		{
			name: "client: adopt",
			prepare: func(ctx context.Context, w *world) {
				w.t.Helper()
				made(upTo(client))(ctx, w)
				delete(w.state, client)
			},
			operate: applies(upTo(client, assign(client, "adopt_existing", core.Bool(true)))),
			target:  upTo(client, assign(client, "adopt_existing", core.Bool(true))), keeps: all[:3],
		},
		{
			// Installation and device are made again, and the key stays; the client moves to the new
			// context, which a session of it proves to be the same user's.
			name: "another installation key, under a client that stays", prepare: made(upTo(callback)),
			operate: applies(upTo(callback, otherKey())), target: upTo(callback, otherKey()), keeps: all[3:],
		},
		{name: "client and callback URL: destroy", prepare: made(upTo(callback)), operate: applies(upTo(device)), target: upTo(device), keeps: all[:3]},
		{name: "callback URL: create", prepare: made(upTo(client)), operate: applies(upTo(callback)), target: upTo(callback), keeps: all[:4]},
		{
			name: "callback URL: change", prepare: made(upTo(callback)), keeps: all,
			operate: applies(upTo(callback, assign(callback, "url", core.String("https://app.example.com/other")))),
			target:  upTo(callback, assign(callback, "url", core.String("https://app.example.com/other"))),
		},
		{name: "notification filters: create", prepare: made(upTo(callback)), operate: applies(upTo(filters)), target: upTo(filters), keeps: all},
		{name: "notification filters: refresh", prepare: made(upTo(filters)), operate: plans(upTo(filters)), target: upTo(filters), keeps: append(all, filters)},
		{
			name: "notification filters: change", prepare: made(upTo(filters)), keeps: append(all, filters),
			operate: applies(upTo(filters, assign(filters, "filters", webhooks("https://app.example.com/hook", "https://app.example.com/other")))),
			target:  upTo(filters, assign(filters, "filters", webhooks("https://app.example.com/hook", "https://app.example.com/other"))),
		},
		{name: "notification filters: destroy", prepare: made(upTo(filters)), operate: applies(upTo(callback)), target: upTo(callback), keeps: all},
		{name: "callback URL: destroy", prepare: made(upTo(callback)), operate: applies(upTo(client)), target: upTo(client), keeps: all[:4]},
	}
	for _, typ := range append(all, filters) {
		list = append(list, importing(typ))
	}
	return list
}
