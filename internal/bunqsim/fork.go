package bunqsim

import (
	"encoding/json"
	"fmt"
	"maps"
)

// Fork returns another simulator with a copy of all that exists, so that what takes long to make is
// made once for many tests. Environment and server keys are those of s; the rest is as c says, with
// an empty journal, no faults, and nothing sent that would count for a limit. It fails on a state
// file, which two simulators can't share.
func (s *Sim) Fork(c Config) (*Sim, error) {
	if c.StateFile != "" {
		return nil, fmt.Errorf("bunqsim: a fork has no state file, and %s was given", c.StateFile)
	}
	c.Environment = s.env
	f, err := New(c)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	raw, err := json.Marshal(s.st)
	if err != nil {
		return nil, fmt.Errorf("bunqsim: fork: %w", err)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.st, err = decodeStore(raw); err != nil {
		return nil, fmt.Errorf("bunqsim: fork: %w", err)
	}
	f.keys, f.serverKeys = maps.Clone(s.keys), s.serverKeys
	return f, nil
}
