package session

import (
	"context"
	"encoding/json"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
)

const sessionSuffix = ".session"

// cache is the cache file of one API context. Without a folder, or with a context that
// has nothing to encrypt with, it keeps nothing.
type cache struct {
	folder *folder
	vault  *vault
}

// savedSession is the plain text of a cache file.
type savedSession struct {
	ID       int64         `json:"id"`
	Token    string        `json:"token"`
	Created  time.Time     `json:"created"`
	Timeout  time.Duration `json:"timeout_ns"`
	OpenedAt time.Time     `json:"opened_at"`
	User     bunq.User     `json:"user"`
}

func newCache(f *folder, ac bunq.APIContext, baseURL string) *cache {
	v, err := newVault(ac, baseURL)
	if err != nil {
		return &cache{}
	}
	return &cache{folder: f, vault: v}
}

// lockOpening prevents other processes from opening a session of the same context. The
// error is that of ctx.
func (c *cache) lockOpening(ctx context.Context) (unlock func(), err error) {
	if c.folder == nil {
		return func() {}, nil
	}
	return c.folder.lock(ctx, c.vault.name+".opening.lock")
}

// session returns the one in the file, whatever its age; nil if there is none.
func (c *cache) session() *entry {
	if c.folder == nil {
		return nil
	}
	sealed, ok := c.folder.read(c.vault.name + sessionSuffix)
	if !ok {
		return nil
	}
	var s savedSession
	plain, err := c.vault.open(sealed)
	if err != nil || json.Unmarshal(plain, &s) != nil {
		return nil
	}
	return &entry{
		session: bunq.Session{ID: s.ID, Token: bunq.Secret(s.Token), Created: s.Created, Timeout: s.Timeout, User: s.User},
		opened:  s.OpenedAt,
	}
}

// keep writes the session to the file.
func (c *cache) keep(e *entry) {
	if c.folder == nil {
		return
	}
	s := e.session
	plain, err := json.Marshal(savedSession{
		ID: s.ID, Token: s.Token.Reveal(), Created: s.Created, Timeout: s.Timeout, OpenedAt: e.opened.Round(0), User: s.User,
	})
	if err != nil {
		return
	}
	if sealed, err := c.vault.seal(plain); err == nil {
		c.folder.write(c.vault.name+sessionSuffix, sealed)
	}
}

// drop removes the session from the file if it is the dead one.
func (c *cache) drop(dead bunq.Secret) {
	if e := c.session(); e != nil && e.session.Token == dead {
		c.folder.remove(c.vault.name + sessionSuffix)
	}
}
