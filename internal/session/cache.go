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

// savedSession is the plain text of a cache file. The token is apart, since a
// [bunq.Secret] is not written.
type savedSession struct {
	Session bunq.Session `json:"session"`
	Token   string       `json:"token"`
	Opened  time.Time    `json:"opened"`
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
	return c.folder.lock(ctx, c.vault.name+".opening"+lockSuffix)
}

// session returns the one in the file, whatever its age; nil if there is none.
func (c *cache) session(ctx context.Context) *entry {
	if c.folder == nil {
		return nil
	}
	sealed, ok := c.folder.read(ctx, c.vault.name+sessionSuffix)
	if !ok {
		return nil
	}
	var s savedSession
	plain, err := c.vault.open(sealed)
	if err != nil || json.Unmarshal(plain, &s) != nil {
		return nil
	}
	s.Session.Token = bunq.Secret(s.Token)
	return &entry{session: s.Session, opened: s.Opened}
}

// keep writes the session to the file.
func (c *cache) keep(ctx context.Context, e *entry) {
	if c.folder == nil {
		return
	}
	plain, err := json.Marshal(savedSession{Session: e.session, Token: e.session.Token.Reveal(), Opened: e.opened.Round(0)})
	if err != nil {
		return
	}
	c.folder.write(ctx, c.vault.name+sessionSuffix, c.vault.seal(plain))
	c.folder.tidy(ctx)
}

// drop removes the session from the file if it is the dead one.
func (c *cache) drop(ctx context.Context, dead bunq.Secret) {
	if e := c.session(ctx); e != nil && e.session.Token == dead {
		c.folder.remove(ctx, c.vault.name+sessionSuffix)
	}
}
