package oauthapp

import (
	"crypto/rand"
	"encoding/json"
	"slices"
	"sync"

	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
)

// ledger is what a plan notes for its apply: which objects the resources of the plan have, and
// which they will have. Terraform runs plan and apply in separate processes and shows a provider
// only one resource at a time, so the ledger is a file in the cache folder. It is empty without the
// folder, and for a plan of another machine; ADR 5 says what holds then.
//
// The file keeps several plans. An operation finds its own by what it is about to do: the newest
// plan with a matching entry.
type ledger struct {
	file lines

	mu       sync.Mutex
	run      string             // identifies the entries of this process
	applies  bool               // the run was noted to be an apply
	own      []entry            // planned in this process
	plans    map[string][]entry // by the run that noted them
	order    []string           // the runs, oldest first
	freeURLs map[string]bool
}

// lines is the file; see session.Lines.
type lines interface {
	Load() [][]byte
	Append(line []byte)
}

// entry is one line: a resource of a plan, or Applies, Free or Held.
type entry struct {
	Run string `json:"run,omitempty"`
	// ID is the object that the resource has in the state; 0 for none.
	ID int64 `json:"id,omitempty"`
	// From is the URL that it has, To the URL that it will have.
	From string `json:"from,omitempty"`
	To   string `json:"to,omitempty"`
	// For is the bunq user whose filters To is; "" where that is not known yet.
	For string `json:"for,omitempty"`
	// Open: To is not known yet.
	Open bool `json:"open,omitempty"`
	// Gone: the object is given up, and no other one takes its place.
	Gone bool `json:"gone,omitempty"`

	// Applies: the run is an apply, so what it plans is only a part of a plan.
	Applies bool `json:"applies,omitempty"`
	// Free is a URL that bunq may have while no resource has it: an operation is about to add it,
	// or has handed it over to another one.
	Free string `json:"free,omitempty"`
	// Held is a URL that is no longer free: a resource got it, or bunq refused it.
	Held string `json:"held,omitempty"`
}

type ledgerKey string

// ledgerOf returns the one ledger with that name in this run.
func ledgerOf(data *providerdata.Data, name string) *ledger {
	return providerdata.Share(data, ledgerKey(name), func() *ledger { return newLedger(data.Sessions.Lines(name)) })
}

func newLedger(file lines) *ledger { return &ledger{file: file, run: rand.Text()} }

// note stores an entry for the apply.
func (l *ledger) note(e entry) {
	l.mu.Lock()
	defer l.mu.Unlock()

	l.load()
	e.Run = l.run
	l.own = append(l.own, e)
	l.append(e)
}

// planned returns what was noted in this process, and matches.
func (l *ledger) planned(matches func(entry) bool) []entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	var found []entry
	for _, e := range l.own {
		if matches(e) {
			found = append(found, e)
		}
	}
	return found
}

// plan returns the plan that an operation of an apply belongs to: the one of that run, or for ""
// the newest with a matching entry; false if there is none.
//
// It fills in what the plan left open and this process has learned since.
func (l *ledger) plan(run string, matches func(entry) bool) ([]entry, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()

	l.load()
	if !l.applies {
		l.applies = true
		l.append(entry{Run: l.run, Applies: true})
	}
	for _, r := range slices.Backward(l.order) {
		if entries := l.plans[r]; r == run || run == "" && slices.ContainsFunc(entries, matches) {
			return l.learned(entries), true
		}
	}
	return nil, false
}

// newest returns the newest plan, for an operation that has no entry in it: a tainted object is
// planned as if it were new.
func (l *ledger) newest() []entry {
	l.mu.Lock()
	defer l.mu.Unlock()

	l.load()
	if len(l.order) == 0 {
		return nil
	}
	return l.learned(l.plans[l.order[len(l.order)-1]])
}

func (l *ledger) learned(entries []entry) []entry {
	all := slices.Clone(entries)
	for i, e := range all {
		now := slices.IndexFunc(l.own, func(o entry) bool { return o.ID == e.ID })
		if e.Open && e.ID != 0 && now >= 0 {
			all[i] = l.own[now]
		}
	}
	return all
}

// noteFree notes that bunq may have the URL while no resource has it.
func (l *ledger) noteFree(url string) {
	l.mu.Lock()
	defer l.mu.Unlock()

	l.load()
	l.freeURLs[url] = true
	l.append(entry{Free: url})
}

// noteHeld notes that the URL is no longer free.
func (l *ledger) noteHeld(url string) {
	l.mu.Lock()
	defer l.mu.Unlock()

	l.load()
	if l.freeURLs[url] {
		delete(l.freeURLs, url)
		l.append(entry{Held: url})
	}
}

func (l *ledger) isFree(url string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()

	l.load()
	return l.freeURLs[url]
}

// load reads what other processes have noted. The caller holds the lock.
func (l *ledger) load() {
	if l.plans != nil {
		return
	}
	l.plans, l.freeURLs = map[string][]entry{}, map[string]bool{}
	for _, line := range l.file.Load() {
		var e entry
		if json.Unmarshal(line, &e) != nil {
			continue // half a line, of a full disk for example
		}
		l.take(e)
	}
}

func (l *ledger) take(e entry) {
	switch {
	case e.Free != "":
		l.freeURLs[e.Free] = true
	case e.Held != "":
		delete(l.freeURLs, e.Held)
	case e.Applies:
		l.order = slices.DeleteFunc(l.order, func(r string) bool { return r == e.Run })
		l.plans[e.Run] = nil
	default:
		if _, known := l.plans[e.Run]; !known {
			l.order = append(l.order, e.Run)
		}
		l.plans[e.Run] = append(l.plans[e.Run], e)
		if e.ID != 0 && e.From != "" {
			delete(l.freeURLs, e.From) // it reached the state in another way
		}
	}
}

func (l *ledger) append(e entry) {
	line, err := json.Marshal(e)
	if err == nil { // an entry has only strings, numbers and booleans
		l.file.Append(line)
	}
}
