package witness

import (
	"context"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// Browser is what a person needs of one: it sends forms as they are. Cookies and redirects are its
// client's business.
type Browser struct{ Client *http.Client }

// Page is what a person sees.
type Page struct {
	Address  *url.URL
	Status   int
	Location string // where a redirect leads that was not followed
	Heading  string
	Text     string
	Forms    []*Form
}

// Form is a form of a page.
type Form struct {
	Method, Action string
	Text           string
	Fields         url.Values // with the values that they have before anybody touches them
	Buttons        []Button
}

// Button sends a form.
type Button struct{ Name, Value, Text string }

// Open opens a page. Errors do not show the query of an address, which may hold secrets.
func (b *Browser) Open(ctx context.Context, address string) (*Page, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, fmt.Errorf("GET %s: not an address", withoutQuery(address))
	}
	return b.show(request)
}

// Press sends a form of the page with the first button that begins with a word. Choices are names and
// values of fields to change.
func (b *Browser) Press(ctx context.Context, p *Page, f *Form, word string, choices ...string) (*Page, error) {
	i := slices.IndexFunc(f.Buttons, func(b Button) bool { return strings.HasPrefix(b.Text, word) })
	if i < 0 {
		return nil, fmt.Errorf("no button %q in %+v", word, f.Buttons)
	}
	to, err := p.Address.Parse(f.Action)
	if err != nil {
		return nil, fmt.Errorf("the form goes to %q: %w", f.Action, err)
	}
	if !strings.EqualFold(f.Method, http.MethodPost) {
		return nil, fmt.Errorf("the form is sent by %q, not by POST", f.Method)
	}

	fields := url.Values{}
	for name, values := range f.Fields {
		fields[name] = slices.Clone(values)
	}
	for i := 0; i < len(choices); i += 2 {
		fields.Set(choices[i], choices[i+1])
	}
	if pressed := f.Buttons[i]; pressed.Name != "" {
		fields.Set(pressed.Name, pressed.Value)
	}

	request, err := http.NewRequestWithContext(ctx, http.MethodPost, to.String(), strings.NewReader(fields.Encode()))
	if err != nil {
		return nil, fmt.Errorf("POST %s: not an address", withoutQuery(to.String()))
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Origin", p.Address.Scheme+"://"+p.Address.Host)
	request.Header.Set("Sec-Fetch-Site", "same-origin")
	return b.show(request)
}

func (b *Browser) show(request *http.Request) (*Page, error) {
	response, err := do(b.Client, request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	p := &Page{Address: response.Request.URL, Status: response.StatusCode, Location: response.Header.Get("Location")}
	if err := p.read(response.Body); err != nil {
		return nil, fmt.Errorf("%s %s: reading the page: %w", request.Method, withoutQuery(request.URL.String()), err)
	}
	return p, nil
}

// do sends a request. Its errors do not show the query.
func do(client *http.Client, request *http.Request) (*http.Response, error) {
	response, err := client.Do(request)
	if err != nil {
		var failed *url.Error
		if errors.As(err, &failed) {
			err = failed.Err
		}
		return nil, fmt.Errorf("%s %s: %w", request.Method, withoutQuery(request.URL.String()), err)
	}
	return response, nil
}

func withoutQuery(address string) string {
	shown, _, _ := strings.Cut(address, "?")
	return shown
}

// Trade asks the token endpoint for the access token of a code. All parameters are in the address, none
// in the body. Source: bunq's documentation, "OAuth".
func Trade(ctx context.Context, tokenURL string, query url.Values) (status int, answer map[string]any, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, tokenURL+"?"+query.Encode(), nil)
	if err != nil {
		return 0, nil, fmt.Errorf("POST %s: not an address", tokenURL)
	}
	response, err := do(http.DefaultClient, request)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = response.Body.Close() }()
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return 0, nil, fmt.Errorf("POST %s: %s: %w", tokenURL, response.Status, err)
	}
	return response.StatusCode, answer, nil
}

// read takes text and forms out of HTML. encoding/xml is lenient enough for a page that is written well.
func (p *Page) read(in io.Reader) error {
	var text strings.Builder
	var form *Form
	var button *Button
	var inHeading bool
	hidden := "" // the element whose text is not shown

	d := xml.NewDecoder(in)
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			p.Text = strings.Join(strings.Fields(text.String()), " ")
			return nil
		}
		if err != nil {
			return err
		}

		switch e := token.(type) {
		case xml.StartElement:
			attributes := map[string]string{}
			for _, a := range e.Attr {
				attributes[a.Name.Local] = a.Value
			}
			switch e.Name.Local {
			case "style", "title", "script":
				hidden = e.Name.Local
			case "h1":
				inHeading = true
			case "form":
				form = &Form{Method: attributes["method"], Action: attributes["action"], Fields: url.Values{}}
				p.Forms = append(p.Forms, form)
			case "input":
				_, checked := attributes["checked"]
				if form != nil && (attributes["type"] != "radio" || checked) {
					form.Fields.Add(attributes["name"], attributes["value"])
				}
			case "button":
				if form != nil {
					form.Buttons = append(form.Buttons, Button{Name: attributes["name"], Value: attributes["value"]})
					button = &form.Buttons[len(form.Buttons)-1]
				}
			}
		case xml.EndElement:
			switch e.Name.Local {
			case hidden:
				hidden = ""
			case "h1":
				inHeading = false
			case "form":
				form = nil
			case "button":
				button = nil
			}
		case xml.CharData:
			if hidden != "" {
				continue
			}
			text.Write(e)
			if inHeading {
				p.Heading += strings.TrimSpace(string(e))
			}
			if form != nil {
				form.Text += string(e)
			}
			if button != nil {
				button.Text += string(e)
			}
		}
	}
}
