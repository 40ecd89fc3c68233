package oauthapp

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"golang.org/x/sync/semaphore"

	"github.com/openpsd2/terraform-provider-bunq/internal/tfdiag"
)

// once is what a run knows of a thing that exists once per bunq user: its OAuth client, or its
// notification filters. An object is named as an import names it, which begins with the user.
//
// A plan reports a second resource with an object. There, Terraform shows a provider one resource
// after the other, without saying which is the last, so whichever comes second reports it. In an
// apply, what a resource of the run has got is nobody else's.
type once struct {
	mu    sync.Mutex
	users map[string]*ofUser
}

type ofUser struct {
	// turn is held while a resource looks for the object, and makes, changes or removes it: two that
	// look at the same time would both find none, or one would adopt what the other removes.
	turn *semaphore.Weighted
	// had is the object that a create or update of this run ended with.
	had string
	// read is the object that a refresh of this run found.
	read string
	// isNew: a resource is planned as new, and not as the replacement of its own.
	isNew bool
	// prior are the objects that ModifyPlan has seen as prior state. The value is true if one of
	// their resources is kept.
	prior map[string]bool
}

func (o *once) of(user string) *ofUser {
	if o.users == nil {
		o.users = map[string]*ofUser{}
	}
	if o.users[user] == nil {
		o.users[user] = &ofUser{turn: semaphore.NewWeighted(1), prior: map[string]bool{}}
	}
	return o.users[user]
}

// userOf returns the user of an object.
func userOf(object string) string {
	user, _, _ := strings.Cut(object, "/")
	return user
}

// take notes that a create or update of this run ended with an object.
func (o *once) take(object string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.of(userOf(object)).had = object
}

// taken returns the object of a user that a resource of this run has got; "" for none.
func (o *once) taken(user string) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.of(user).had
}

// noteRead notes that a refresh found an object, and reports whether this run plans a new one beside
// it.
func (o *once) noteRead(object string) (clash bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	u := o.of(userOf(object))
	u.read = object
	return u.isNew
}

// noteNew notes that a plan makes an object for a user, and reports whether this run has read one, or
// plans another.
func (o *once) noteNew(user string) (clash bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	u := o.of(user)
	clash = u.isNew || u.read != ""
	u.isNew = true
	return clash
}

// notePrior notes that ModifyPlan has seen an object as prior state, and reports whether it has seen
// it before and one of the two resources is kept.
func (o *once) notePrior(object string, kept bool) (clash bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	u := o.of(userOf(object))
	keptBefore, again := u.prior[object]
	u.prior[object] = kept || keptBefore
	return again && (kept || keptBefore)
}

// only are the words for what exists once.
type only struct {
	resource string // bunq_oauth_client
	title    string // OAuth client
	rule     string // why there is only one
	harm     string // what the destroy of one of two resources would do
}

// instead ends what stops a plan: terraform destroy makes a normal plan first.
const instead = "\n\nTo destroy instead: terraform destroy -refresh=false."

// reportNew reports a resource that is planned as new beside one that has the object.
func (t only) reportNew(user string, diags *diag.Diagnostics) {
	diags.AddError("Two resources declare the "+t.title+" of one user", fmt.Sprintf(
		"%s. A %s would be made for bunq user %s, and another %s of this run or of the state is that of the same user. Nothing was sent.\n\n"+
			"Next step:%s%s", t.rule, t.resource, user, t.resource, tfdiag.Steps(
			"if the resource was renamed or moved, add a moved block (from = the old address, to = the new one)",
			"if it is tainted, run terraform untaint "+t.resource+".NAME",
			"if two blocks declare it, remove one of them",
			t.deposed(),
		), instead))
}

// reportTwice reports an object that two resources of the state have.
func (t only) reportTwice(object string, diags *diag.Diagnostics) {
	diags.AddError("The state has the "+t.title+" twice", fmt.Sprintf(
		"Two objects of the state are the %s %q of bunq user %s, and this plan keeps one of them. The destroy of the other one would %s. Nothing was sent.\n\n"+
			"Next step:%s%s", t.title, object, userOf(object), t.harm, tfdiag.Steps(
			"remove the block of one of the two, and make Terraform forget its object with a removed block (destroy = false), or with terraform state rm "+
				t.resource+".NAME",
			t.deposed(),
		), instead))
}

// deposed is what leads out if the second object is a deposed one, which has no address of its own.
func (t only) deposed() string {
	return "if it is a deposed object (terraform show lists it, terraform state list does not), run terraform state rm " + t.resource +
		".NAME, and import the object with an import block"
}

// wait takes the turn for a user, and returns the function that ends it. It reports an error as
// failed.
func (o *once) wait(ctx context.Context, user string, failed tfdiag.Failure, diags *diag.Diagnostics) (end func(), ok bool) {
	o.mu.Lock()
	t := o.of(user).turn
	o.mu.Unlock()

	if err := t.Acquire(ctx, 1); err != nil {
		failed.Error(diags, err)
		return nil, false
	}
	return func() { t.Release(1) }, true
}

// begin is wait for a new resource. It reports one beside another of this run.
func (o *once) begin(ctx context.Context, words only, user string, failed tfdiag.Failure, diags *diag.Diagnostics) (end func(), ok bool) {
	end, ok = o.wait(ctx, user, failed, diags)
	if ok && o.taken(user) != "" {
		end()
		words.reportNew(user, diags)
		return nil, false
	}
	return end, ok
}
