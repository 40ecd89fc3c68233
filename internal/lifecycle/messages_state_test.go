package lifecycle_test

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
	"github.com/openpsd2/terraform-provider-bunq/internal/qseal"
	"github.com/openpsd2/terraform-provider-bunq/internal/signing"
)

func situationsOfImport() []situation {
	imports := func(name, typ string, id func(*world) string, before func(*world)) situation {
		return situation{name, func(ctx context.Context, w *world) notices {
			importing(typ).prepare(ctx, w)
			if before != nil {
				before(w)
			}
			return w.imports(ctx, typ, id(w))
		}}
	}
	file := func(w *world) string { return w.importID(installation) }
	text := func(s string) func(*world) string { return func(*world) string { return s } }
	return []situation{
		imports("import of an installation: no such file", installation, text("/nowhere/bunq.conf"), nil),
		imports("import of an installation: not proven", installation, file, func(w *world) { hit(w, "GET /installation", "500, not done") }),
		imports("import of a credential: no such credential", credential, func(w *world) string { return file(w) + "#1" }, nil),
		imports("import of a device: several", device, file, func(w *world) {
			w.state = w.remembered.clone()
			made(upTo(callback, otherKey()))(w.t.Context(), w) // the first one stays at bunq
			delete(w.state, device)
		}),
		imports("import of a client: its client_id", client, text("0123abcd"), nil),
		imports("import of a client: another user's", client, text("1/633"), nil),
		imports("import of a client: not there", client, func(w *world) string { return textOf(w, client, "user_id") + "/1" }, nil),
		imports("import of a callback URL: bunq answered 500", callback, func(w *world) string { return w.importID(callback) },
			func(w *world) { hit(w, readClient, "500, not done") }),
	}
}

func textOf(w *world, typ, name string) string { return text(w.remembered[typ].value, name) }

// situationsOfState are those in which no call goes wrong.
func situationsOfState() []situation {
	all := upTo(callback)
	behind := func(name string, change func(*world, bunqsim.Snapshot) error) situation {
		return situation{name, func(ctx context.Context, w *world) notices {
			made(all)(ctx, w)
			if err := change(w, w.sim.Snapshot()); err != nil {
				w.t.Fatal(err)
			}
			return w.plan(ctx, all(w)).notices
		}}
	}
	forgets := func(name, typ string, changes ...with) situation {
		return situation{name, func(ctx context.Context, w *world) notices {
			made(upTo(typ, changes...))(ctx, w)
			delete(w.state, typ)
			return tells(nil, upTo(typ, changes...), nil)(ctx, w)
		}}
	}
	return []situation{
		forgets("device: there already", device),
		forgets("callback URL: there already", callback),
		{"client: there already", func(ctx context.Context, w *world) notices {
			made(all)(ctx, w)
			made(all)(ctx, w) // the next run: the client is known to be in the state
			delete(w.state, callback)
			delete(w.state, client)
			return tells(nil, upTo(client), nil)(ctx, w)
		}},
		{"client: protected", func(ctx context.Context, w *world) notices {
			made(upTo(client, set1(client, "deletion_protection", boolean(true))))(ctx, w)
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
		{"credential: the key waits for its first use", func(ctx context.Context, w *world) notices {
			made(upTo(credential))(ctx, w)
			return w.plan(ctx, w.config(credential)).notices
		}},
		{"credential: the key was not used in time", func(ctx context.Context, w *world) notices {
			made(upTo(credential))(ctx, w)
			time.Sleep(2 * time.Hour)
			return w.plan(ctx, w.config(credential)).notices
		}},
		{"credential: a detached signature that does not fit", tells(upTo(installation), upTo(credential, with{credential, func(references) map[string]tftypes.Value {
			return map[string]tftypes.Value{"private_key_pem_wo": null(tftypes.String), "client_public_key_signature": str("QUJD")}
		}}), nil)},
		{"the state was made in another environment", func(ctx context.Context, w *world) notices {
			made(all)(ctx, w)
			w.settings = func(references) map[string]tftypes.Value {
				return map[string]tftypes.Value{"environment": str("production")}
			}
			return w.plan(ctx, all(w)).notices
		}},
		{"client: the context of another user", func(ctx context.Context, w *world) notices {
			made(upTo(client))(ctx, w)
			stranger, err := anotherParty()
			if err != nil {
				w.t.Fatal(err)
			}
			return tells(nil, upTo(client, with{credential, func(references) map[string]tftypes.Value { return stranger }}), nil)(ctx, w)
		}},
	}
}

// anotherParty is a certificate with another subject, which is another bunq user.
func anotherParty() (map[string]tftypes.Value, error) {
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
	return map[string]tftypes.Value{"certificate_pem": str(certificate), "private_key_pem_wo": str(private)}, err
}
