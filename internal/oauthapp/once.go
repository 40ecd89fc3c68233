package oauthapp

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"golang.org/x/sync/semaphore"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
	"github.com/openpsd2/terraform-provider-bunq/internal/tfdiag"
)

// once is what a run knows of a thing that exists once per bunq user: its OAuth client, or its
// notification filters. Users are named by their ID, objects as an import names them.
//
// A plan reports a second resource with an object. There, Terraform shows a provider one resource
// after the other, without saying which is the last, so whichever comes second reports it. In an
// apply, what a resource of the run has got is nobody else's.
//
// A new resource beside one that only bunq has is no error of the plan, but a warning, which says all
// that there is to say. The error of the apply is short: the planning of the apply has just repeated the
// warning, for a replacement too, which it plans without the private state.
type once struct {
	kind

	// turn is held while a resource looks for the object, and makes, changes or removes it: two that look
	// at the same time would both find none, or one would adopt what the other removes.
	turn *semaphore.Weighted
	// had are the objects that a create or update of this run ended with, by user.
	had firsts[string, string]
	// read are the users whose object a refresh of this run has found.
	read firsts[string, bool]
	// planned are the users for whom a resource is planned as new, and not as the replacement of its own.
	planned firsts[string, bool]
	// prior are the objects that ModifyPlan has seen as prior state. True: one that is kept.
	prior firsts[string, bool]
}

func newOnce(k kind) once { return once{kind: k, turn: semaphore.NewWeighted(1)} }

// instead ends what stops a plan: terraform destroy makes a normal plan first.
const instead = "\n\nTo destroy instead: terraform destroy -refresh=false."

// reportNew reports a resource that is planned as new beside one that has the object.
func (o *once) reportNew(user string, diags *diag.Diagnostics) {
	diags.AddError("Two resources declare the "+o.title+" of one user", fmt.Sprintf(
		"%s. A %s would be made for bunq user %s, and another %s of this run or of the state is that of the same user. Nothing was sent.\n\n"+
			"Next step:%s%s", o.rule, o.name, user, o.name, tfdiag.Steps(
			"if the resource was renamed or moved, add a moved block (from = the old address, to = the new one)",
			"if it is tainted, run terraform untaint "+o.name+".NAME",
			"if two blocks declare it, remove one of them",
			o.deposed(),
		), instead))
}

// checkPrior reports an object that two resources of the state have, if the plan keeps one of them, and
// returns false then.
func (o *once) checkPrior(object string, keeps bool, diags *diag.Diagnostics) bool {
	if !keptTwice(&o.prior, object, keeps) {
		return true
	}
	user, _, _ := strings.Cut(object, "/")
	diags.AddError("The state has the "+o.title+" twice", fmt.Sprintf(
		"Two objects of the state are the %s %q of bunq user %s, and this plan keeps one of them. The destroy of the other one would %s. Nothing was sent.\n\n"+
			"Next step:%s%s", o.title, object, user, o.harm, tfdiag.Steps(
			"remove the block of one of the two, and make Terraform forget its object with a removed block (destroy = false), or with terraform state rm "+
				o.name+".NAME",
			o.deposed(),
		), instead))
	return false
}

// deposed is what leads out if the second object is a deposed one, which has no address of its own.
func (o *once) deposed() string {
	return "if it is a deposed object (terraform show lists it, terraform state list does not), run terraform state rm " + o.name +
		".NAME, and import the object with an import block"
}

// checkRead notes that a refresh found the object of a user, and reports one that is planned as new.
func (o *once) checkRead(user string, diags *diag.Diagnostics) {
	o.read.note(user, true)
	if _, planned := o.planned.get(user); planned {
		o.reportNew(user, diags)
	}
}

// planNew returns the user of a resource that is planned as new, and reports one beside another. It
// returns false if bunq cannot be asked, which the apply does again.
func (o *once) planNew(ctx context.Context, b *base, apiContext types.Object, diags *diag.Diagnostics) (*providerdata.Access, bunq.User, bool) {
	diags.Append(b.Data.Check(apiContext, apiContextPath)...)
	access, user, ok := b.open(ctx, apiContext, tfdiag.Failure{}, &diag.Diagnostics{})
	if !ok {
		return nil, user, false
	}

	id := providerdata.FormatID(user.ID)
	_, isFirst := o.planned.note(id, true)
	if _, read := o.read.get(id); read || !isFirst {
		o.reportNew(id, diags)
		return nil, user, false
	}
	return access, user, true
}

// begin returns the user of a new resource, takes its turn, and reports one beside another of this run.
func (o *once) begin(ctx context.Context, b *base, apiContext types.Object, failed tfdiag.Failure, diags *diag.Diagnostics) (
	access *providerdata.Access, user bunq.User, end func(), ok bool,
) {
	access, user, ok = b.open(ctx, apiContext, failed, diags)
	if !ok {
		return nil, user, nil, false
	}

	id := providerdata.FormatID(user.ID)
	end, ok = o.wait(ctx, failed, diags)
	if _, taken := o.had.get(id); ok && taken {
		end()
		o.reportNew(id, diags)
		return nil, user, nil, false
	}
	return access, user, end, ok
}

// wait takes the turn, and returns the function that ends it. It reports an error as failed.
func (o *once) wait(ctx context.Context, failed tfdiag.Failure, diags *diag.Diagnostics) (end func(), ok bool) {
	if err := o.turn.Acquire(ctx, 1); err != nil {
		failed.Error(diags, err)
		return nil, false
	}
	return func() { o.turn.Release(1) }, true
}
