package oauthapp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
	"github.com/openpsd2/terraform-provider-bunq/internal/tfdiag"
)

// privatePlan is the run of the plan that destroys an object, in its private
// state: the only thing of a plan that Terraform hands to an apply.
const privatePlan = "plan"

// planRun is the run in the private state of a destroy; "" where there is none.
func planRun(ctx context.Context, private interface {
	GetKey(ctx context.Context, key string) ([]byte, diag.Diagnostics)
},
) (run string, diags diag.Diagnostics) {
	value, diags := private.GetKey(ctx, privatePlan)
	if len(value) > 0 {
		_ = json.Unmarshal(value, &run) // what is no text of ours is no run
	}
	return run, diags
}

// notePlan leaves for the apply what becomes of one resource, and returns the
// run. It reports where two resources of the plan declare one URL.
func (r *CallbackURLResource) notePlan(plan, state *callbackModel, diags *diagnostics) (run string) {
	if r.Data.Sessions == nil {
		return "" // the provider's settings are not known yet
	}

	var e entry
	if state != nil {
		id, err := number(state.ID)
		if err != nil {
			return "" // whoever calls bunq with it says so
		}
		e.ID, e.From = id, state.URL.ValueString()
		if plan == nil || !plan.OAuthClientID.Equal(state.OAuthClientID) {
			e.Gone = true
			l := callbackLedger(r.Data, state.OAuthClientID.ValueString())
			l.note(e)
			return l.run // on another client it is planned again, as a new resource
		}
	}
	if plan.OAuthClientID.IsUnknown() {
		return "" // no resource of the state is of a client that is not known
	}

	e.To, e.Open = plan.URL.ValueString(), plan.URL.IsUnknown()
	l := callbackLedger(r.Data, plan.OAuthClientID.ValueString())
	// A resource that is replaced is planned as it was, and again as a new one. So
	// one of each may still be one resource, and only the apply can tell.
	for _, other := range l.planned() {
		if !e.Open && other.To == e.To && (other.ID == 0) == (e.ID == 0) {
			declaredTwice(e.To, plan.OAuthClientID.ValueString(), diags)
			break
		}
	}
	l.note(e)
	return l.run
}

func declaredTwice(url, client string, diags *diagnostics) {
	diags.AddAttributeError(path.Root("url"), "Two resources declare the same callback URL", fmt.Sprintf(
		"Another bunq_oauth_callback_url of this run has %q on OAuth client %s. bunq keeps a URL once.\n\n"+
			"Next step: remove one of them.", url, client))
}

// readKey notes that a resource of this run was read as that callback URL.
type readKey int64

// noteRead warns of a second resource of the state that is the same callback URL.
func (r *CallbackURLResource) noteRead(client int64, u bunq.CallbackURL, diags *diagnostics) {
	if again := providerdata.Keep(r.Data, readKey(u.ID), true); !again {
		return
	}
	diags.AddWarning("Two resources are one callback URL", fmt.Sprintf(
		"Two bunq_oauth_callback_url in the state are callback URL %d of OAuth client %d (%q). What one of them changes, the other sees changed.\n\n"+
			"Next step: if the configuration gives them different URLs, apply: each gets its own. Otherwise keep one of them, delete the other from the "+
			"configuration, and forget it without touching bunq:\n\n"+
			"    removed {\n      from = bunq_oauth_callback_url.NAME\n      lifecycle {\n        destroy = false\n      }\n    }\n\n"+
			"For one instance of a resource with count or for_each: terraform state rm 'bunq_oauth_callback_url.NAME[KEY]'.", u.ID, client, u.URL))
}

// reportPlace reports that the URL of m could not be had.
func (c *callbackCall) reportPlace(failed tfdiag.Failure, m *callbackModel, err error, diags *diagnostics) {
	var taken *takenError
	switch {
	case errors.As(err, &taken) && taken.kept:
		diags.AddAttributeError(path.Root("url"), "Another resource has this callback URL", fmt.Sprintf(
			"OAuth client %d has %q as callback URL %d, and a bunq_oauth_callback_url of this run keeps it. bunq keeps a URL once.\n\n"+
				"State: %s\n\n"+
				"Next step: if two resources declare this URL, remove one of them. If this is one resource that is being replaced (-replace, or tainted), it has "+
				"create_before_destroy, perhaps from a resource that depends on it: replacing it changes nothing at bunq, so apply without -replace, or "+
				"terraform untaint it.", c.client, m.URL.ValueString(), taken.id, failed.State))
	case errors.As(err, &taken):
		diags.AddAttributeError(path.Root("url"), "The client already has this callback URL", fmt.Sprintf(
			"OAuth client %d has %q as callback URL %d, and no resource of this plan gives it up. It was not adopted: another resource of the state may be it.\n\n"+
				"State: %s\n\n"+
				"Next step: if you applied with -target, apply without it. If another resource declares the URL, remove one of the two. If this very resource is "+
				"tainted and has create_before_destroy, perhaps from a resource that depends on it: terraform untaint it. If no resource is this callback URL, "+
				"import it:\n\n"+
				"    import {\n      to = bunq_oauth_callback_url.NAME\n      id = \"%d/%d/%d\"\n    }",
			c.client, m.URL.ValueString(), taken.id, failed.State, c.user.ID, c.client, taken.id))
	default:
		failed.Error(diags, err)
	}
}

// warnOfFound says that a new resource is a callback URL that was there.
func (c *callbackCall) warnOfFound(id int64, m *callbackModel, diags *diagnostics) {
	diags.AddWarning("Existing callback URL adopted", fmt.Sprintf(
		"OAuth client %d already has %q, as callback URL %d. It is used; no second one was made. "+
			"If another resource declares the same URL, remove one of them.", c.client, m.URL.ValueString(), id))
}
