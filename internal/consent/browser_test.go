package consent_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// browser is what a person needs of one: it keeps cookies, follows redirects, and sends forms as
// they are.
type browser struct{ http *http.Client }

// newBrowser returns a browser that trusts the certificate of app.
func newBrowser(t *testing.T, app *application) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{http: &http.Client{Transport: app.server.Client().Transport, Jar: jar}}
}

// page is what a person sees.
type page struct {
	address *url.URL
	status  int
	text    string
	forms   []*form
}

type form struct {
	method, action string
	text           string
	fields         url.Values // with the values that are there before anybody touches it
	buttons        []button
}

type button struct{ name, value, text string }

func (b *browser) open(t *testing.T, address string) *page {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	return b.show(t, req)
}

// press sends a form of the page with the button that begins with a word. Choices replace what is
// chosen.
func (b *browser) press(t *testing.T, p *page, f *form, word string, choices ...string) *page {
	t.Helper()
	i := slices.IndexFunc(f.buttons, func(b button) bool { return strings.HasPrefix(b.text, word) })
	if i < 0 {
		t.Fatalf("no button %q in %+v", word, f.buttons)
	}
	to, err := p.address.Parse(f.action)
	if err != nil || !strings.EqualFold(f.method, http.MethodPost) {
		t.Fatalf("the form goes to %q by %q: %v", f.action, f.method, err)
	}
	fields := url.Values{}
	for name, values := range f.fields {
		fields[name] = slices.Clone(values)
	}
	for i := 0; i < len(choices); i += 2 {
		fields.Set(choices[i], choices[i+1])
	}
	if pressed := f.buttons[i]; pressed.name != "" {
		fields.Set(pressed.name, pressed.value)
	}

	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, to.String(), strings.NewReader(fields.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Origin", p.address.Scheme+"://"+p.address.Host)
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	return b.show(t, req)
}

func (b *browser) show(t *testing.T, req *http.Request) *page {
	t.Helper()
	resp, err := b.http.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	p, err := parsePage(raw)
	if err != nil {
		t.Fatalf("%s: %v\n%s", req.URL.Path, err, raw)
	}
	p.address, p.status = resp.Request.URL, resp.StatusCode
	return p
}

// parsePage reads the text and the forms of a page.
func parsePage(raw []byte) (*page, error) {
	p := &page{}
	var text strings.Builder
	var in *form
	var pressed *button
	hidden := "" // the element whose text nobody sees
	attribute := func(e xml.StartElement, name string) (string, bool) {
		for _, a := range e.Attr {
			if a.Name.Local == name {
				return a.Value, true
			}
		}
		return "", false
	}

	d := xml.NewDecoder(bytes.NewReader(raw))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			p.text = strings.Join(strings.Fields(text.String()), " ")
			return p, nil
		}
		if err != nil {
			return nil, err
		}
		switch e := token.(type) {
		case xml.StartElement:
			name, _ := attribute(e, "name")
			value, _ := attribute(e, "value")
			switch e.Name.Local {
			case "style", "title", "script":
				hidden = e.Name.Local
			case "form":
				in = &form{fields: url.Values{}}
				in.method, _ = attribute(e, "method")
				in.action, _ = attribute(e, "action")
				p.forms = append(p.forms, in)
			case "input":
				kind, _ := attribute(e, "type")
				_, checked := attribute(e, "checked")
				if in != nil && (kind != "radio" || checked) {
					in.fields.Add(name, value)
				}
			case "button":
				if in != nil {
					in.buttons = append(in.buttons, button{name: name, value: value})
					pressed = &in.buttons[len(in.buttons)-1]
				}
			}
		case xml.EndElement:
			switch e.Name.Local {
			case hidden:
				hidden = ""
			case "form":
				in = nil
			case "button":
				pressed = nil
			}
		case xml.CharData:
			if hidden != "" {
				continue
			}
			text.Write(e)
			if in != nil {
				in.text += string(e)
			}
			if pressed != nil {
				pressed.text += string(e)
			}
		}
	}
}
