package bunqsim

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"time"
)

// WebhookSender sends notifications; an *http.Client is one.
type WebhookSender interface {
	Do(*http.Request) (*http.Response, error)
}

// The documented way of a notification that does not arrive: five more tries, one minute apart.
const (
	maxAttempts  = 6
	retryPause   = time.Minute
	webhookLimit = 10 * time.Second // how long one try may take
)

// The events of category OAUTH. Their names, and the object that they carry, are UNKNOWN; the
// envelope is the one that bunq's SDKs read.
const (
	categoryOAuth  = "OAUTH"
	eventConnected = "OAUTH_CONNECTION_CREATED"
	eventRevoked   = "OAUTH_CONNECTION_REVOKED"
)

type wireNotification struct {
	NotificationURL wireNotificationURL `json:"NotificationUrl"`
}

type wireNotificationURL struct {
	TargetURL string  `json:"target_url"`
	Category  string  `json:"category"`
	EventType string  `json:"event_type"`
	Object    element `json:"object"`
}

// notify makes a delivery for each URL that the owner of the connection's client wants to be called at.
func (c *call) notify(conn *Connection, event string) {
	for _, f := range c.st.NotificationFilters {
		if f.UserID != conn.RequestedBy || f.Delivery != DeliveryURL || f.Category != categoryOAuth {
			continue
		}
		body := mustWire(wireNotification{wireNotificationURL{
			TargetURL: f.Target, Category: f.Category, EventType: event, Object: c.apiKeyElement(c.userByID(conn.UserID)),
		}})
		c.st.Deliveries = append(c.st.Deliveries, &Delivery{
			ID: c.st.nextID("delivery"), UserID: f.UserID, Category: f.Category, EventType: event, ObjectID: conn.UserID, Target: f.Target,
			Body: string(body), Status: DeliveryPending, Next: c.now, Created: c.now, Updated: c.now,
		})
	}
}

// Deliver sends the notifications that are due by the simulator's clock, and returns how many it
// sent. After a request it happens by itself, and on a Server also when a retry's time has come;
// in-process a test that moves its clock calls it.
func (s *Sim) Deliver(ctx context.Context) int {
	for n := 0; ; n++ {
		d, ok := s.takeDue()
		if !ok {
			return n
		}
		status, err := s.send(ctx, d)
		s.settleDelivery(d.ID, status, err)
	}
}

// takeDue returns a delivery whose time has come, and sees to it that nobody else sends it meanwhile.
func (s *Sim) takeDue() (Delivery, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	d := first(s.st.Deliveries, func(d *Delivery) bool {
		return d.Status == DeliveryPending && !now.Before(d.Next) && !s.sending[d.ID]
	})
	if d == nil {
		return Delivery{}, false
	}
	s.sending[d.ID] = true
	return *d, true
}

// send makes one try: a POST that is answered with 2xx has arrived. It follows no redirects.
func (s *Sim) send(ctx context.Context, d Delivery) (status int, err error) {
	ctx, cancel := context.WithTimeout(ctx, webhookLimit)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, d.Target, bytes.NewReader([]byte(d.Body)))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "bunqsim")
	resp, err := s.webhooks.Do(req)
	if err != nil {
		return 0, err
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, maxBody))
	_ = resp.Body.Close()
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		return resp.StatusCode, fmt.Errorf("answered with status %d", resp.StatusCode)
	}
	return resp.StatusCode, nil
}

func (s *Sim) settleDelivery(id int64, status int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.sending, id)
	d := first(s.st.Deliveries, func(d *Delivery) bool { return d.ID == id })
	if d == nil {
		return // wiped meanwhile
	}
	d.Attempts++
	d.ResponseCode, d.Problem, d.Updated = status, "", s.now()
	switch {
	case err == nil:
		d.Status = DeliveryDelivered
	case d.Attempts >= maxAttempts:
		d.Status, d.Problem = DeliveryFailed, err.Error()
	default:
		d.Next, d.Problem = s.now().Add(retryPause), err.Error()
		select {
		case s.wake <- struct{}{}:
		default: // it is awake
		}
	}
	_ = s.save() // a try that is forgotten is made again
}

// deliverRetries sends what is due again and again until ctx ends.
func (s *Sim) deliverRetries(ctx context.Context) {
	for {
		wait, ok := s.nextDelivery()
		if !ok {
			select {
			case <-s.wake:
				continue
			case <-ctx.Done():
				return
			}
		}
		if s.clock.Sleep(ctx, wait) != nil {
			return
		}
		s.Deliver(ctx)
	}
}

// nextDelivery returns how long it is until the next one is due, and whether one is waiting at all.
func (s *Sim) nextDelivery() (wait time.Duration, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range s.st.Deliveries {
		if d.Status != DeliveryPending || s.sending[d.ID] {
			continue
		}
		if until := max(0, d.Next.Sub(s.now())); !ok || until < wait {
			wait, ok = until, true
		}
	}
	return wait, ok
}

// errElsewhere keeps a simulator from calling the addresses that examples and tests are full of.
var errElsewhere = errors.New("the simulator calls this machine only; a test can give it another sender")

// localSender is the default of Config.Webhooks: an http.Client that reaches loopback addresses and
// nothing else.
func localSender() WebhookSender {
	dial := func(ctx context.Context, network, addr string) (net.Conn, error) {
		host, port, err := net.SplitHostPort(addr)
		if err != nil {
			return nil, err
		}
		if host == "localhost" { // never looked up
			host = "127.0.0.1"
		}
		if a, err := netip.ParseAddr(host); err != nil || !a.IsLoopback() {
			return nil, errElsewhere
		}
		var d net.Dialer
		return d.DialContext(ctx, network, net.JoinHostPort(host, port))
	}
	return &http.Client{
		Transport:     &http.Transport{DialContext: dial, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}
