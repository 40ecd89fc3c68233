package lifecycle_test

import (
	"context"
	"maps"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest/core"
	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
	"github.com/openpsd2/terraform-provider-bunq/internal/qseal"
	"github.com/openpsd2/terraform-provider-bunq/internal/signing"
)

func situationsOfImport() []situation {
	imports := func(name, typ string, id func(*world) string, before func(*world)) situation {
		return situation{name, func(ctx context.Context, w *world) core.Notices {
			importing(typ).prepare(ctx, w)
			if before != nil {
				before(w)
			}
			return w.imports(ctx, typ, id(w))
		}}
	}
	file := func(w *world) string { return w.importID(installation) }
	literally := func(s string) func(*world) string { return func(*world) string { return s } }
	return []situation{
		imports("import of an installation: no such file", installation, literally("/nowhere/bunq.conf"), nil),
		imports("import of an installation: not proven", installation, file, func(w *world) { hit(w, "GET /installation", "500, not done") }),
		imports("import of a credential: no such credential", credential, func(w *world) string { return file(w) + "#1" }, nil),
		imports("import of a device: several", device, file, func(w *world) {
			w.state = maps.Clone(w.remembered)
			made(upTo(callback, otherKey()))(w.t.Context(), w) // the first one stays at bunq
			delete(w.state, device)
		}),
		imports("import of a client: its client_id", client, literally("0123abcd"), nil),
		imports("import of a client: another user's", client, literally("1/633"), nil),
		imports("import of a client: not there", client, func(w *world) string { return w.remembered[client].Text("user_id") + "/1" }, nil),
		imports("import of a callback URL: bunq answered 500", callback, func(w *world) string { return w.importID(callback) },
			func(w *world) { hit(w, readClient, "500, not done") }),
	}
}

// situationsOfState are those in which no call goes wrong.
func situationsOfState() []situation {
	all := upTo(callback)
	behind := func(name string, change func(*world, bunqsim.Snapshot) error) situation {
		return situation{name, func(ctx context.Context, w *world) core.Notices {
			made(all)(ctx, w)
			if err := change(w, w.sim.Snapshot()); err != nil {
				w.t.Fatal(err)
			}
			return w.plan(ctx, all(w)).notices
		}}
	}
	forgets := func(name, typ string, changes ...with) situation {
		return situation{name, func(ctx context.Context, w *world) core.Notices {
			made(upTo(typ, changes...))(ctx, w)
			delete(w.state, typ)
			return tells(nil, upTo(typ, changes...), nil)(ctx, w)
		}}
	}
	return []situation{
		forgets("device: there already", device),
		forgets("callback URL: there already", callback),
		{"client: there already", func(ctx context.Context, w *world) core.Notices {
			made(all)(ctx, w)
			made(all)(ctx, w) // the next run: the client is known to be in the state
			delete(w.state, callback)
			delete(w.state, client)
			return tells(nil, upTo(client), nil)(ctx, w)
		}},
		{"client: protected", func(ctx context.Context, w *world) core.Notices {
			made(upTo(client, assign(client, "deletion_protection", core.Bool(true))))(ctx, w)
			return w.plan(ctx, w.config(device)).notices
		}},
		behind("client: cancelled elsewhere", func(w *world, s bunqsim.Snapshot) error { return w.sim.CancelOAuthClient(s.OAuthClients[0].ID) }),
		behind("device: blocked", func(w *world, s bunqsim.Snapshot) error {
			return w.sim.SetDeviceStatus(s.Devices[0].ID, bunqsim.DeviceBlocked)
		}),
		behind("device: waits for confirmation", func(w *world, s bunqsim.Snapshot) error {
			return w.sim.SetDeviceStatus(s.Devices[0].ID, bunqsim.DeviceNeedsConfirmation)
		}),
		behind("credential: revoked", func(w *world, s bunqsim.Snapshot) error { return w.sim.RevokeCredential(s.Credentials[0].ID) }),
		{"credential: the key waits for its first use", func(ctx context.Context, w *world) core.Notices {
			made(upTo(credential))(ctx, w)
			return w.plan(ctx, w.config(credential)).notices
		}},
		{"credential: the key was not used in time", func(ctx context.Context, w *world) core.Notices {
			made(upTo(credential))(ctx, w)
			time.Sleep(2 * time.Hour)
			return w.plan(ctx, w.config(credential)).notices
		}},
		{"credential: a detached signature that does not fit", tells(upTo(installation), upTo(credential, with{credential, func(references) core.Args {
			return core.Args{"private_key_pem_wo": tftypes.NewValue(tftypes.String, nil), "client_public_key_signature": core.String("QUJD")}
		}}), nil)},
		{"the state was made in another environment", func(ctx context.Context, w *world) core.Notices {
			made(all)(ctx, w)
			w.settings = func(references) core.Args {
				return core.Args{"environment": core.String("production")}
			}
			return w.plan(ctx, all(w)).notices
		}},
		{"client: the context of another user", func(ctx context.Context, w *world) core.Notices {
			made(upTo(client))(ctx, w)
			stranger, err := anotherParty()
			if err != nil {
				w.t.Fatal(err)
			}
			return tells(nil, upTo(client, with{credential, func(references) core.Args { return stranger }}), nil)(ctx, w)
		}},
	}
}

// anotherParty is a certificate with another subject, which is another bunq user.
func anotherParty() (core.Args, error) {
	key, err := signing.GenerateKey()
	if err != nil {
		return nil, err
	}
	private, err := signing.MarshalPrivateKey(key)
	if err != nil {
		return nil, err
	}
	certificate, err := qseal.NewPseudoCertificate(qseal.PseudoOptions{
		CommonName: "Stranger PISP AISP", Country: "NL", Key: key,
		NotBefore: time.Date(1999, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2099, 1, 1, 0, 0, 0, 0, time.UTC),
	})
	return core.Args{"certificate_pem": core.String(certificate), "private_key_pem_wo": core.String(private)}, err
}
