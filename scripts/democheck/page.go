package main

import (
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// page is an authorisation page as a person sees it: what it says on top, and a form with a button
// that says yes.
type page struct {
	address *url.URL
	heading string
	action  string
	fields  url.Values // as they are filled in already
	yes     url.Values // what the button adds
}

func visit(ctx context.Context, address string) (*page, error) {
	response, err := request(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	p := &page{address: response.Request.URL, fields: url.Values{}}
	if err := p.read(response.Body); err != nil {
		return nil, fmt.Errorf("reading the authorisation page: %w", err)
	}
	if response.StatusCode != http.StatusOK || p.yes == nil {
		return nil, fmt.Errorf("the authorisation page: %s: %s, and no button that says yes", response.Status, p.heading)
	}
	return p, nil
}

// sayYes sends the form with its first answer that begins with "Yes", and returns where the user is
// sent.
func (p *page) sayYes(ctx context.Context) (location string, err error) {
	to, err := p.address.Parse(p.action)
	if err != nil {
		return "", fmt.Errorf("the form of the authorisation page goes to %q: %w", p.action, err)
	}
	form := url.Values{}
	for _, values := range []url.Values{p.fields, p.yes} {
		for name := range values {
			form.Set(name, values.Get(name))
		}
	}
	response, err := request(ctx, http.MethodPost, to.String(), form)
	if err != nil {
		return "", err
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusSeeOther && response.StatusCode != http.StatusFound {
		return "", fmt.Errorf("the authorisation page: %s after a yes, and no redirect", response.Status)
	}
	return response.Header.Get("Location"), nil
}

// read takes what a person needs out of HTML. encoding/xml is lenient enough for a page that is
// written well.
func (p *page) read(in io.Reader) error {
	d := xml.NewDecoder(in)
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	var within string
	var pressed url.Values
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch e := token.(type) {
		case xml.StartElement:
			within = e.Name.Local
			attributes := map[string]string{}
			for _, a := range e.Attr {
				attributes[a.Name.Local] = a.Value
			}
			_, checked := attributes["checked"]
			switch {
			case within == "form":
				p.action = attributes["action"]
			case within == "input" && (checked || attributes["type"] != "radio"):
				p.fields.Set(attributes["name"], attributes["value"])
			case within == "button":
				pressed = url.Values{attributes["name"]: {attributes["value"]}}
			}
		case xml.EndElement:
			within = ""
		case xml.CharData:
			text := strings.TrimSpace(string(e))
			switch {
			case within == "h1":
				p.heading += text
			case within == "button" && p.yes == nil && strings.HasPrefix(text, "Yes"):
				p.yes = pressed
			}
		}
	}
}
