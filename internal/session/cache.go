package session

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
)

// fileWait limits the wait for the lock of a cache file, which others hold for
// milliseconds only.
const fileWait = 5 * time.Second

// cache is the cache file of one API context, and what could not be written there.
//
// It has two locks, so that a note never waits for an opening: one is held during an
// opening, which can take as long as the interval and bunq together, the other during a
// change of the file.
type cache struct {
	folder *folder // nil: no file
	vault  *vault
	log    log

	// gate is held during a change of the file. It is a channel, as a change may wait for
	// another process.
	gate chan struct{}

	mu      sync.Mutex
	unsaved map[string]*string // notes that are not in the file yet; nil: removed
}

// record is the plain text of a cache file.
type record struct {
	Session *savedSession     `json:"session,omitempty"`
	Notes   map[string]string `json:"notes,omitempty"`
}

type savedSession struct {
	ID       int64         `json:"id"`
	Token    string        `json:"token"`
	Created  time.Time     `json:"created"`
	Timeout  time.Duration `json:"timeout_ns"`
	OpenedAt time.Time     `json:"opened_at"`
	User     savedUser     `json:"user"`
}

type savedUser struct {
	ID          int64  `json:"id"`
	Kind        string `json:"kind"`
	DisplayName string `json:"display_name"`
	Status      string `json:"status"`
}

func newCache(f *folder, ac bunq.APIContext, baseURL string, l log) *cache {
	c := &cache{folder: f, log: l, gate: make(chan struct{}, 1), unsaved: map[string]*string{}}
	v, err := newVault(ac, baseURL)
	if err != nil {
		c.folder = nil // nothing to encrypt with
		return c
	}
	c.vault = v
	return c
}

// lockOpening prevents other processes from opening a session of the same context. The
// error is that of ctx.
func (c *cache) lockOpening(ctx context.Context) (unlock func(), err error) {
	if c.folder == nil {
		return func() {}, nil
	}
	return c.folder.lock(ctx, c.vault.name+".opening.lock", c.log, "the session that another run on this machine is opening")
}

// session returns the one in the file, whatever its age; nil if there is none.
func (c *cache) session() *entry {
	r, ok := c.load()
	if !ok || r.Session == nil {
		return nil
	}
	s := r.Session
	return &entry{
		session: bunq.Session{
			ID:      s.ID,
			Token:   bunq.Secret(s.Token),
			Created: s.Created,
			Timeout: s.Timeout,
			User:    bunq.User(s.User),
		},
		opened: s.OpenedAt,
	}
}

// keep writes the session to the file, even if ctx has ended: another one would cost an
// interval.
func (c *cache) keep(ctx context.Context, e *entry) {
	s := e.session
	c.change(context.WithoutCancel(ctx), func(r *record) bool {
		r.Session = &savedSession{
			ID:       s.ID,
			Token:    s.Token.Reveal(),
			Created:  s.Created,
			Timeout:  s.Timeout,
			OpenedAt: e.opened.Round(0),
			User:     savedUser(s.User),
		}
		return true
	})
}

// drop removes the session from the file if it is dead, even if ctx has ended.
func (c *cache) drop(ctx context.Context, dead func(bunq.Secret) bool) {
	e := c.session()
	if e == nil || !dead(e.session.Token) {
		return
	}
	c.change(context.WithoutCancel(ctx), func(r *record) bool {
		if r.Session == nil || !dead(bunq.Secret(r.Session.Token)) {
			return false // another process was faster
		}
		r.Session = nil
		return true
	})
}

// change reads the file, lets f change the record, and writes it together with all
// unsaved notes. It does not write if f returns false and no note is unsaved. It waits
// for the file until ctx ends, at most for fileWait.
func (c *cache) change(ctx context.Context, f func(*record) bool) {
	if c.folder == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, fileWait)
	defer cancel()

	if err := acquire(ctx, c.gate, log{}, ""); err != nil {
		return
	}
	defer func() { <-c.gate }()
	unlock, err := c.folder.lock(ctx, c.vault.name+".lock", log{}, "")
	if err != nil {
		return
	}
	defer unlock()

	r, _ := c.load()
	changed := f(&r)
	notes := c.takeNotes(&r)
	if !changed && len(notes) == 0 {
		return
	}

	if c.save(r) {
		c.noteSaved(notes)
	}
}

func (c *cache) load() (record, bool) {
	if c.folder == nil {
		return record{}, false
	}
	sealed, ok := c.folder.read(c.vault.name + sessionSuffix)
	if !ok {
		return record{}, false
	}
	plain, err := c.vault.open(sealed)
	if err != nil {
		return record{}, false
	}
	var r record
	if err := json.Unmarshal(plain, &r); err != nil {
		return record{}, false
	}
	return r, true
}

func (c *cache) save(r record) bool {
	plain, err := json.Marshal(r)
	if err != nil {
		return false
	}
	sealed, err := c.vault.seal(plain)
	if err != nil {
		return false
	}
	return c.folder.write(c.vault.name+sessionSuffix, sealed)
}

const sessionSuffix = ".session"
