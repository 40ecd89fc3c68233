package oauthapp

import (
	"crypto/rand"
	"encoding/json"
	"slices"
	"sync"

	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
)

// ledger is what a plan leaves for its apply: which objects the resources of the
// plan have, and what they will have. Terraform makes both in processes of their
// own and shows neither a resource but the one at hand, so it is kept in a file of
// the cache folder. Without the folder it is empty, and so is one that is read
// for a plan of another machine: see ADR 5 for what holds then.
//
// The file keeps several plans. An operation finds its own by what it is about
// to do: the newest plan that says so.
type ledger struct {
	file lines

	mu       sync.Mutex
	run      string             // names this process's own entries
	applies  bool               // the run was noted to be an apply
	own      []entry            // planned in this process
	plans    map[string][]entry // by the run that left them
	order    []string           // the runs, oldest first
	freeURLs map[string]bool
}

// lines is the file, see session.Lines.
type lines interface {
	Load() [][]byte
	Append(line []byte)
}

// entry is one line: a resource of a plan, or one of the other three.
type entry struct {
	Run string `json:"run,omitempty"`
	// ID is the object that the resource has, as the state says; 0 for none.
	ID int64 `json:"id,omitempty"`
	// From is the URL that it has, To the one that it will have.
	From string `json:"from,omitempty"`
	To   string `json:"to,omitempty"`
	// Open: To is not known yet.
	Open bool `json:"open,omitempty"`
	// Gone: the object is given up, for none.
	Gone bool `json:"gone,omitempty"`

	// Applies: the run is an apply. What it plans is a part of a plan only.
	Applies bool `json:"applies,omitempty"`
	// Free is a URL that bunq may have while no resource has it: an operation is
	// about to add it, or has left it to another one.
	Free string `json:"free,omitempty"`
	// Held is a URL that is free no more: a resource got it, or bunq refused it.
	Held string `json:"held,omitempty"`
}

type ledgerKey string

// ledgerOf returns the one ledger of that name of this run.
func ledgerOf(data *providerdata.Data, name string) *ledger {
	return providerdata.Share(data, ledgerKey(name), func() *ledger { return newLedger(data.Sessions.Lines(name)) })
}

func newLedger(file lines) *ledger { return &ledger{file: file, run: rand.Text()} }

// note keeps an entry for the apply.
func (l *ledger) note(e entry) {
	l.mu.Lock()
	defer l.mu.Unlock()

	l.load()
	e.Run = l.run
	l.own = append(l.own, e)
	l.append(e)
}

// planned returns what was noted in this process.
func (l *ledger) planned() []entry {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.own)
}

// plan returns the plan that an operation of an apply belongs to: the one of that
// run, or for "" the newest that has a fitting entry. false: there is none.
//
// What the plan left open and this process has learned since is filled in.
func (l *ledger) plan(run string, fits func(entry) bool) ([]entry, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()

	l.load()
	if !l.applies {
		l.applies = true
		l.append(entry{Run: l.run, Applies: true})
	}
	for _, r := range slices.Backward(l.order) {
		if entries := l.plans[r]; r == run || run == "" && slices.ContainsFunc(entries, fits) {
			return l.learned(entries), true
		}
	}
	return nil, false
}

// newest returns the newest plan, for an operation that has no entry in it: what
// is tainted is planned as if it were new.
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

// free notes that bunq may have the URL while no resource has it.
func (l *ledger) free(url string) {
	l.mu.Lock()
	defer l.mu.Unlock()

	l.load()
	l.freeURLs[url] = true
	l.append(entry{Free: url})
}

// hold takes free back.
func (l *ledger) hold(url string) {
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

// load takes over what others have left. The caller holds the lock.
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
			delete(l.freeURLs, e.From) // it got into the state in another way
		}
	}
}

func (l *ledger) append(e entry) {
	line, err := json.Marshal(e)
	if err == nil { // it has texts and truths only
		l.file.Append(line)
	}
}
