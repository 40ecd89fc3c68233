package onboarding

import (
	"context"
	"encoding/json"
	"slices"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
	"github.com/openpsd2/terraform-provider-bunq/internal/session"
)

// bunq may list the devices of all keys of a user (UNKNOWN), and does not say who made one. Whether
// a device belongs to this configuration is therefore noted twice: for the run in a deviceLedger,
// and beyond it in the notes with the session, which belong to one API context: one key on one
// installation.

// deviceLedger is what this run knows about devices, by id.
type deviceLedger struct {
	mu   sync.Mutex
	byID map[string]deviceEntry
}

type deviceEntry struct {
	// apiContext is the fingerprint of the API context that the device belongs to.
	apiContext string
	// inState: a resource of the state is this device. released: Terraform gave it up in this run.
	inState, released bool
	// read: this run refreshed the device. refused is bunq's error, if it refused that.
	read    bool
	refused error
}

type ledgerKey struct{}

func ledgerOf(data *providerdata.Data) *deviceLedger {
	return providerdata.Share(data, ledgerKey{}, func() *deviceLedger { return &deviceLedger{byID: map[string]deviceEntry{}} })
}

func (l *deviceLedger) change(id string, f func(*deviceEntry)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	e := l.byID[id]
	f(&e)
	l.byID[id] = e
}

func (l *deviceLedger) of(id string) deviceEntry {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.byID[id]
}

// noteDevicesInState names the note with the ids of the devices that a state of this machine held
// when it was last read.
const noteDevicesInState = "devices-in-state"

// noteLastDevice names the note with the id of the last known device of the key of an API context,
// whether it is still in a state or not.
const noteLastDevice = "device"

// deviceBegun is the note that this machine began to register a device and has not seen it in the
// state since. It is stored by the device's description. After a killed run the state does not
// know.
type deviceBegun struct {
	// ID is what bunq returned; "" if no answer came.
	ID string `json:"id,omitempty"`
	// Before are the devices that existed before, none of which can be this one.
	Before []string `json:"before,omitempty"`
}

func noteDeviceBegun(description string) string { return "device-begun " + description }

// deviceNotes are the notes on the devices of one API context.
type deviceNotes struct{ source *session.Source }

func (n deviceNotes) inState(ctx context.Context) []string {
	text, _ := n.source.Noted(ctx, noteDevicesInState)
	var ids []string
	if json.Unmarshal([]byte(text), &ids) != nil {
		return nil
	}
	return ids
}

func (n deviceNotes) setInState(ctx context.Context, id string, there bool) {
	ids := n.inState(ctx)
	i := slices.Index(ids, id)
	switch {
	case there == (i >= 0):
		return
	case there:
		ids = append(ids, id)
	default:
		ids = slices.Delete(ids, i, i+1)
	}
	if text, err := json.Marshal(ids); err == nil {
		n.source.Note(ctx, noteDevicesInState, string(text))
	}
}

// last returns the device that the key has; "" if that is not noted.
func (n deviceNotes) last(ctx context.Context) string {
	id, _ := n.source.Noted(ctx, noteLastDevice)
	return id
}

func (n deviceNotes) setLast(ctx context.Context, id string) {
	if n.last(ctx) != id {
		n.source.Note(ctx, noteLastDevice, id)
	}
}

func (n deviceNotes) begun(ctx context.Context, description string) (deviceBegun, bool) {
	var b deviceBegun
	text, ok := n.source.Noted(ctx, noteDeviceBegun(description))
	return b, ok && json.Unmarshal([]byte(text), &b) == nil
}

func (n deviceNotes) begin(ctx context.Context, description string, b deviceBegun) {
	if text, err := json.Marshal(b); err == nil {
		n.source.Note(ctx, noteDeviceBegun(description), string(text))
	}
}

func (n deviceNotes) end(ctx context.Context, description string) {
	n.source.ClearNote(ctx, noteDeviceBegun(description))
}

// firstPlanKey marks an API context for which this process is the first one to plan a device.
type firstPlanKey string

// noteComing notes that a plan registers a device for the key of a context.
func noteComing(ctx context.Context, data *providerdata.Data, ac bunq.APIContext) {
	source := data.Sessions.For(ac)
	if !providerdata.HasComingDevice(ctx, source) {
		providerdata.Keep(data, firstPlanKey(ac.Fingerprint()), true)
	}
	providerdata.NoteComingDevice(ctx, source)
}

// plannedHere reports whether an earlier process of this machine planned a device for the key. That
// process also noted which devices the state has.
func plannedHere(data *providerdata.Data, ac bunq.APIContext) bool {
	first, _ := providerdata.Find[bool](data, firstPlanKey(ac.Fingerprint()))
	return !first
}

// noteInState notes that the state holds the device: its registration is complete, and no other
// resource may adopt it.
func (r *DeviceServerResource) noteInState(ctx context.Context, m *deviceModel, diags *diag.Diagnostics) {
	ac, ok := r.knownAPIContext(ctx, m, diags)
	if !ok {
		return
	}
	id, description := m.ID.ValueString(), m.Description.ValueString()
	ledgerOf(r.Data).change(id, func(e *deviceEntry) { e.apiContext, e.inState = ac.Fingerprint(), true })
	notes := deviceNotes{r.Data.Sessions.For(ac)}
	notes.setInState(ctx, id, true)
	notes.setLast(ctx, id)
	if b, ok := notes.begun(ctx, description); ok && (b.ID == id || b.ID == "" && !slices.Contains(b.Before, id)) {
		notes.end(ctx, description)
	}
}

// noteReleased notes that Terraform gave the device up. It stays at bunq.
func (r *DeviceServerResource) noteReleased(ctx context.Context, m *deviceModel, diags *diag.Diagnostics) {
	ac, ok := r.knownAPIContext(ctx, m, diags)
	if !ok {
		return
	}
	id := m.ID.ValueString()
	ledgerOf(r.Data).change(id, func(e *deviceEntry) { e.apiContext, e.released = ac.Fingerprint(), true })
	notes := deviceNotes{r.Data.Sessions.For(ac)}
	notes.setInState(ctx, id, false)
	if notes.last(ctx) == "" {
		// A plan of another machine was applied here. If the next registration fails, this is what is
		// known about the key.
		notes.setLast(ctx, id)
	}
}

// knownAPIContext returns the device's own API context if it is known; if not, whoever needs it
// reports why.
func (r *DeviceServerResource) knownAPIContext(ctx context.Context, m *deviceModel, diags *diag.Diagnostics) (bunq.APIContext, bool) {
	model, known := m.apiContext(ctx, diags)
	if !known || r.Data == nil || r.Data.Sessions == nil {
		return bunq.APIContext{}, false
	}
	ac, more := model.Parse(installationPath)
	return ac, !more.HasError()
}
