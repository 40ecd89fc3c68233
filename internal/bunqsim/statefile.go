package bunqsim

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

const stateVersion = 1

// load reads the state file into s.st. Under Sim.mu.
func (s *Sim) load() error {
	s.st = newStore(s.env)
	if s.file == "" {
		return nil
	}
	raw, err := os.ReadFile(s.file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("bunqsim: state file: %w", err)
	}
	st, err := decodeStore(raw)
	if err != nil {
		return fmt.Errorf("bunqsim: state file %s: %w", s.file, err)
	}
	if err := st.check(s.env); err != nil {
		return fmt.Errorf("bunqsim: state file %s %w", s.file, err)
	}
	s.st, s.saved = st, raw
	return nil
}

// check returns an error for a state that this simulator cannot go on with.
func (st *store) check(env Environment) error {
	if st.Version != stateVersion {
		return fmt.Errorf("is of version %d, this simulator writes version %d", st.Version, stateVersion)
	}
	if st.Environment != env {
		return fmt.Errorf("is of environment %q, not %q", st.Environment, env)
	}
	return nil
}

func decodeStore(raw []byte) (*store, error) {
	st := newStore("")
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(st); err != nil {
		return nil, err
	}
	return st, nil
}

// save writes the state file, if there is one and something has changed. When that fails, the state
// goes back to what the file holds, so that no client is told of something that a restart would
// forget. Under Sim.mu.
func (s *Sim) save() error {
	if s.file == "" {
		return nil
	}
	raw, err := json.MarshalIndent(s.st, "", "  ")
	if err != nil {
		return fmt.Errorf("bunqsim: state: %w", err)
	}
	if bytes.Equal(raw, s.saved) {
		return nil
	}
	if err := writeAtomically(s.file, raw); err != nil {
		if s.saved != nil {
			if st, derr := decodeStore(s.saved); derr == nil {
				s.st = st
			}
		}
		return fmt.Errorf("bunqsim: state file: %w", err)
	}
	s.saved = raw
	return nil
}

// writeAtomically replaces the file by rename, so that a reader or a crash sees the old or the new
// one, never a part.
func writeAtomically(name string, data []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(name), ".bunqsim-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	if _, err := f.Write(data); err != nil {
		_ = f.Close()
		return err
	}
	if err := f.Sync(); err != nil {
		_ = f.Close()
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}
