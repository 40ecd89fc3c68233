package bunq

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

const (
	pageSize = 200 // bunq's maximum
	// maxPages limits a list: no user has 100,000 objects of a kind.
	maxPages = 500
	// maxList limits it in bytes, for what is kept of it in memory.
	maxList = 16 << 20
)

var (
	errForeignPage = errors.New("its older_url leads elsewhere")
	errEndlessList = errors.New("its pages do not end")
	errLongList    = fmt.Errorf("its pages are longer than %d MiB", maxList>>20)
)

// fetch reads an object, or all pages of a list, newest first. It returns the last answer,
// with the elements of all.
func (u *UserClient) fetch(ctx context.Context, at route, paged bool) (*answer, *exchange, error) {
	var replaced bool
	what := request{method: http.MethodGet, route: at}
	if paged {
		what.query = pageQuery(0)
	}

	var elements []element
	var older int64
	var size int
	for range maxPages {
		a, x, err := u.do(ctx, &replaced, what)
		if err != nil {
			return nil, nil, err
		}
		elements = append(elements, a.elements...)
		a.elements = elements
		if !paged || a.pagination == nil || a.pagination.OlderURL == nil {
			return a, x, nil
		}

		size += len(a.body)
		next, err := olderID(*a.pagination.OlderURL, u.client.config.BaseURL, x.path)
		if err == nil && older != 0 && next >= older {
			err = errEndlessList
		}
		if err == nil && size > maxList {
			err = errLongList
		}
		if err != nil {
			return nil, nil, x.decodeError(a, err)
		}
		older = next
		what.query = pageQuery(older)
	}
	return nil, nil, &DecodeError{Call: Call{Method: what.method, Endpoint: at.endpoint()}, Err: errEndlessList}
}

func pageQuery(older int64) string {
	q := url.Values{"count": {strconv.Itoa(pageSize)}}
	if older != 0 {
		q.Set("older_id", strconv.FormatInt(older, 10))
	}
	return q.Encode()
}

// olderID returns the ID in an older_url. Nothing else of the URL is used, so that no
// answer can send the token to another address. The URL must be that of the same list:
// relative to the host, as bunq writes it, or with the host of the base URL. Behind a
// gateway, bunq does not know what the gateway puts before the version.
func olderID(older string, base *url.URL, path string) (int64, error) {
	u, err := url.Parse(older)
	if err != nil || u.User != nil || u.Host != "" && (u.Host != base.Host || u.Scheme != base.Scheme) || u.Host == "" && u.Scheme != "" {
		return 0, errForeignPage
	}
	version := base.Path[strings.LastIndexByte(base.Path, '/'):]
	if u.Path != base.Path+path && u.Path != version+path {
		return 0, errForeignPage
	}
	n, err := strconv.ParseInt(u.Query().Get("older_id"), 10, 64)
	if err != nil || n <= 0 {
		return 0, errForeignPage
	}
	return n, nil
}
