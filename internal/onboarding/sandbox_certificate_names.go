package onboarding

import "sync"

// plannedSubject is the certificate in the state for which a plan is made. A plan that replaces it is
// made a second time, without the state, but with the private state of the first. That also shows a
// replacement by -replace, which the first one cannot know of.
type plannedSubject struct {
	ID      string  `json:"id"`
	Subject subject `json:"subject"`
}

const plannedSubjectName = "planned"

// certificateNames are the names of the sandbox certificates that a run has read or planned. It is
// the only trace of a tainted certificate, whose plan looks like that of a new one.
type certificateNames struct {
	mu      sync.Mutex
	inState map[string]string // name to id
	planned map[string]string // name to id, "" for a new one
}

// read notes a certificate of the state. It reports whether the plan makes a new one with its name.
func (n *certificateNames) read(name, id string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()

	if n.inState == nil {
		n.inState = map[string]string{}
	}
	n.inState[name] = id
	planned, ok := n.planned[name]
	return ok && planned == ""
}

// plan notes that a plan has a certificate with that name: one of the state, or with no id a new
// one. It returns the certificate of the state that a new one has its name from, and reports
// whether another certificate of the plan has the name, too.
func (n *certificateNames) plan(name, id string) (inState string, twice bool) {
	n.mu.Lock()
	defer n.mu.Unlock()

	planned, ok := n.planned[name]
	if n.planned == nil {
		n.planned = map[string]string{}
	}
	n.planned[name] = id

	if id == "" {
		inState = n.inState[name]
	}
	return inState, ok && (planned != id || id == "")
}
