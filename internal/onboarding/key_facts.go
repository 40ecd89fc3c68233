package onboarding

import "sync"

// keyFacts is the private state of a credential: what is known about its key and no attribute
// holds.
type keyFacts struct {
	// Replaced is the ID of a credential that the plan replaces, and Deactivates its
	// deactivate_on_destroy, which counts when the key ends. Such a plan is made twice, the second
	// time without the state, but with the private state of the first. That also shows a replacement
	// by -replace, which the first one cannot know of.
	Replaced    string `json:"replaced,omitempty"`
	Deactivates bool   `json:"deactivates,omitempty"`
	// Used: the key was used, whatever status the state holds.
	Used bool `json:"used,omitempty"`
	// Waiting: at the last refresh the key still waited for its first use. The state alone may be
	// older than that use.
	Waiting bool `json:"waiting,omitempty"`
	// Dead: the key was not used in time, or bunq lists it with a final status.
	Dead bool `json:"dead,omitempty"`
	// Refused: bunq refuses a key that was in use, this address, or the installation.
	Refused bool `json:"refused,omitempty"`
	// Open: bunq permits every address for the key. Only read if the addresses are to be set
	// inactive one day.
	Open bool `json:"open,omitempty"`
}

const keyFactsName = "key"

// plannedCredentials are the credentials of the state for which a run has made a plan, by id, and
// whether the plan keeps them.
type plannedCredentials struct {
	mu   sync.Mutex
	kept map[string]bool
}

// isSecond notes that a plan was made for a credential. It reports whether another resource has the
// same one, and at least one of the two is kept.
func (p *plannedCredentials) isSecond(id string, keeps bool) bool {
	p.mu.Lock()
	defer p.mu.Unlock()

	other, seen := p.kept[id]
	if p.kept == nil {
		p.kept = map[string]bool{}
	}
	p.kept[id] = other || keeps
	return seen && p.kept[id]
}
