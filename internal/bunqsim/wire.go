package bunqsim

import (
	"bytes"
	"encoding/json"
	"time"
)

// wireTime is a timestamp as bunq writes it: UTC, microseconds, no zone.
type wireTime time.Time

func (t wireTime) MarshalJSON() ([]byte, error) {
	return []byte(time.Time(t).UTC().Format(`"2006-01-02 15:04:05.000000"`)), nil
}

// element is one object of a Response: a single key, which names the type.
type element struct {
	key   string
	value any
}

func (e element) MarshalJSON() ([]byte, error) { return encode(map[string]any{e.key: e.value}) }

// reply is a successful answer before it becomes bytes.
type reply struct {
	elements   []element
	pagination *pagination
	raw        []byte // instead of elements, where hasRaw
	hasRaw     bool
}

func replyID(id int64) reply {
	return reply{elements: []element{elementID(id)}}
}

func elementID(id int64) element {
	type body struct {
		ID int64 `json:"id"`
	}
	return element{"Id", body{id}}
}

func (r reply) bytes() []byte {
	if r.hasRaw {
		return r.raw
	}
	body := struct {
		Response   []element   `json:"Response"`
		Pagination *pagination `json:"Pagination,omitempty"`
	}{r.elements, r.pagination}
	if body.Response == nil {
		body.Response = []element{}
	}
	return mustWire(body)
}

// mustWire returns v as bunq writes it: no line end, slashes escaped.
func mustWire(v any) []byte {
	b, err := encode(v)
	if err != nil {
		panic("bunqsim: an answer cannot be encoded: " + err.Error()) // the types are this package's own
	}
	// Outside strings JSON knows no slash.
	return bytes.ReplaceAll(b, []byte("/"), []byte(`\/`))
}

func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

type wireToken struct {
	ID      int64    `json:"id"`
	Created wireTime `json:"created"`
	Updated wireTime `json:"updated"`
	Token   string   `json:"token"`
}

type wireServerKey struct {
	ServerPublicKey string `json:"server_public_key"`
}

type wireCredential struct {
	ID              int64            `json:"id"`
	Created         wireTime         `json:"created"`
	Updated         wireTime         `json:"updated"`
	Status          string           `json:"status"`
	ExpiryTime      *wireTime        `json:"expiry_time"`
	TokenValue      *string          `json:"token_value"`
	PermittedDevice *PermittedDevice `json:"permitted_device"`
}

type wireDevice struct {
	ID          int64    `json:"id"`
	Created     wireTime `json:"created"`
	Updated     wireTime `json:"updated"`
	Description string   `json:"description"`
	IP          string   `json:"ip"`
	Status      string   `json:"status"`
}

type wirePermittedIP struct {
	ID      int64    `json:"id"`
	Created wireTime `json:"created"`
	Updated wireTime `json:"updated"`
	IP      string   `json:"ip"`
	Status  string   `json:"status"`
}

type wireCallbackURL struct {
	ID      int64    `json:"id"`
	Created wireTime `json:"created"`
	Updated wireTime `json:"updated"`
	URL     string   `json:"url"`
}
