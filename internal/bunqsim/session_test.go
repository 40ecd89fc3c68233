package bunqsim_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

func TestSessionNeedsARegisteredLivingKey(t *testing.T) {
	sim, _ := sandbox(t, bunqsim.Settings{})
	c := newClient(t, sim)
	c.install()
	c.register()
	c.refused(c.sessionRequest(), 400, textCredentials) // no device
	c.addDevice()
	wrong := c.sessionRequest()
	wrong.body = map[string]string{"secret": strings.Repeat("0", 64)}
	c.refused(wrong, 400, textCredentials)
	c.login()
	if err := sim.RevokeCredential(c.credential); err != nil {
		t.Fatal(err)
	}
	c.refused(c.get("/user"), 401, textAuthorisation)
	c.refused(c.sessionRequest(), 400, textCredentials)
	c.install()
	c.refused(c.deviceRequest(), 400, textCredentials)
	if st := sim.Snapshot().Credentials[0].Status; st != "REVOKED" {
		t.Errorf("status is %s", st)
	}
}

func TestSessionShape(t *testing.T) {
	sim, _ := sandbox(t, bunqsim.Settings{})
	c := newClient(t, sim)
	c.cert = pseudo(t, "My App PISP AISP")
	c.chain = c.cert
	c.install()
	c.register()
	c.addDevice()
	res := c.send(c.sessionRequest())
	snap := sim.Snapshot()
	s, u := snap.Sessions[0], snap.Users[0]
	const at = `"created":"2026-03-04 05:06:07.123456","updated":"2026-03-04 05:06:07.123456"`
	user := fmt.Sprintf(`{"UserPaymentServiceProvider":{"id":%d,%s,`+
		`"alias":[{"type":"CERTIFICATE_DISTINGUISHED_NAME","value":"\/C=NL\/CN=My App PISP AISP","name":"My App PISP AISP"}],`+
		`"avatar":{"uuid":%q,"image":[{"attachment_public_uuid":%q,"height":1023,"width":1024,"content_type":"image\/png"}],"anchor_uuid":%q,"style":null},`+
		`"status":"ACTIVE","sub_status":"NONE","public_uuid":%q,"display_name":"My App PISP AISP","public_nick_name":"My App PISP AISP",`+
		`"language":"en_US","region":"en_US","session_timeout":324000,"daily_limit_without_confirmation_login":{"currency":"EUR","value":"250.00"},`+
		`"relations":[],"notification_filters":[],"certificate_distinguished_name":"\/C=NL\/CN=My App PISP AISP"}}`,
		u.ID, at, u.AvatarUUID, u.AttachmentUUID, u.PublicUUID, u.PublicUUID)
	want := fmt.Sprintf(`{"Response":[{"Id":{"id":%d}},{"Token":{"id":%[1]d,%s,"token":%q}},%s]}`, s.ID, at, s.Token, user)
	if string(res.raw) != want {
		t.Errorf("got  %s\nwant %s", res.raw, want)
	}
	c.sessionToken, c.user = s.Token, u.ID
	for _, path := range []string{fmt.Sprintf("/user/%d", u.ID), fmt.Sprintf("/user-payment-service-provider/%d", u.ID)} {
		if got := string(c.send(c.get(path)).raw); got != `{"Response":[`+user+`]}` {
			t.Errorf("%s: %s", path, got)
		}
	}
	if got := string(c.send(c.get("/user")).raw); !strings.HasPrefix(got, `{"Response":[`+user+`],"Pagination":{`) {
		t.Errorf("/user: %s", got)
	}
	c.refused(c.get("/user/1"), 404, `User for id "1" not found.`)
	c.refused(c.get("/user-payment-service-provider/1"), 404, `User for id "1" not found.`)
}

// The first session of a key lives an hour, whatever session_timeout says; later ones 90 hours.
func TestSessionLifetimes(t *testing.T) {
	sim, clock := sandbox(t, bunqsim.Settings{})
	c := newClient(t, sim).onboard()
	clock.Advance(time.Hour - time.Microsecond)
	c.ok(c.get("/user"))
	clock.Advance(time.Microsecond)
	c.refused(c.get("/user"), 401, textAuthorisation)
	c.login()
	clock.Advance(90*time.Hour - time.Microsecond)
	c.ok(c.get("/user"))
	clock.Advance(time.Microsecond)
	c.refused(c.get("/user"), 401, textAuthorisation)
	if s := sim.Snapshot().Sessions; len(s) != 2 || s[1].Status != bunqsim.SessionExpired {
		t.Errorf("sessions are %d, the last %s", len(s), s[len(s)-1].Status)
	}
}

// DELETE ends the caller's session whatever id is in the path, and no other.
func TestDeleteSession(t *testing.T) {
	for _, path := range []string{"/session/0", "/session/123"} {
		t.Run(path, func(t *testing.T) {
			sim, _ := sandbox(t, bunqsim.Settings{})
			c := newClient(t, sim).onboard()
			first := c.sessionToken
			c.login()
			c.ok(request{method: "DELETE", path: path, token: c.sessionToken})
			c.refused(c.get("/user"), 401, textAuthorisation)
			c.refused(request{method: "DELETE", path: path, token: c.sessionToken}, 401, textAuthorisation)
			c.sessionToken = first
			c.ok(c.get("/user"))
		})
	}
}

func TestWipeForgetsEverythingButIDs(t *testing.T) {
	sim, _ := sandbox(t, bunqsim.Settings{})
	c := newClient(t, sim).onboard()
	old := *c
	if err := sim.Wipe(); err != nil {
		t.Fatal(err)
	}
	c.refused(c.get("/user"), 403, textAuthentication)
	c.refused(c.sessionRequest(), 403, textAuthentication)
	c.onboard()
	if c.installation == old.installation || c.credential == old.credential || c.device == old.device || c.session == old.session || c.user == old.user {
		t.Error("an id was given out twice")
	}
}

func TestSandboxUsers(t *testing.T) {
	sim, _ := sandbox(t, bunqsim.Settings{})
	for path, kind := range map[string]string{"/sandbox-user-person": "UserPerson", "/sandbox-user-company": "UserCompany"} {
		c := newClient(t, sim)
		c.install()
		for _, body := range []string{"", "{}"} {
			key := pick[struct {
				Key string `json:"api_key"`
			}](t, c.ok(request{method: "POST", path: path, body: body}), "ApiKey")
			if !strings.HasPrefix(key.Key, "sandbox_") || len(key.Key) != 64 {
				t.Errorf("key %q", key.Key)
			}
			c.apiKey = key.Key
		}
		c.addDevice()
		els := c.ok(c.sessionRequest())
		u := pick[idBody](t, els, kind)
		c.sessionToken = pick[struct{ Token string }](t, els, "Token").Token
		c.refused(c.get(fmt.Sprintf("/user-payment-service-provider/%d", u.ID)), 404, fmt.Sprintf(`User for id "%d" not found.`, u.ID))
	}
	prod := bunqsim.NewTest(t, bunqsim.Config{Environment: bunqsim.Production, Clock: bunqsim.NewFakeClock(start)})
	newClient(t, prod).refused(request{method: "POST", path: "/sandbox-user-person"}, 404, "Route not found.")
}
