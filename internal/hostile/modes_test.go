package hostile

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/signing"
)

// mode is one way of answering.
type mode struct {
	name   string
	answer func(*exchange)
	// quick is part of every run of the tests.
	quick bool
	// repeats is true if the provider may send a write again: it is certain that it was not done.
	repeats bool
	// maybe is true if the answer is accepted where it is what was asked for.
	maybe bool
}

// What must not reach a terminal: colours, another direction, other line ends, what nobody sees.
const marks = "\x1b[31m\x1b]0;title\x07\u202e\u2066\u200f\u2028\u2029\u200b\ufeff\u0085\x00\r\b"

// escaped is the same as JSON may write it.
const escaped = `\u001b[31m\u202e\u2066\u200f\u2028\u2029\u200b\ufeff\u0085\u0000\r\n\b`

func status(code int, contentType, body string, headers ...string) func(*exchange) {
	return func(x *exchange) { reply(x, code, contentType, body, headers...) }
}

func refusal(code int, body string) func(*exchange) { return status(code, "application/json", body) }

func envelope(entries string) string { return `{"Error":[` + entries + `]}` }

func description(text string) string { return `{"error_description":"` + text + `"}` }

// success is a 200 with a signature that fits, where anything else does not.
func success(body string, headers ...string) func(*exchange) {
	return func(x *exchange) { signed(x, body, headers...) }
}

func raw(text string) func(*exchange) {
	return func(x *exchange) { _, _ = io.WriteString(x, text) }
}

func modes() []mode {
	const head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
	tooMany := "Too many requests. You can do a maximum of 3 calls per "
	return []mode{
		// Statuses and what comes with them.
		{name: "400, ten MiB of descriptions", answer: refusal(400, envelope(repeat(10_500, description(strings.Repeat("Z", 950))))), quick: true},
		{name: "400, many small descriptions", answer: refusal(400, envelope(repeat(390_000, description("x"))))},
		{name: "400, millions of empty entries", answer: refusal(400, envelope(repeat(3_400_000, `{}`))), quick: true},
		{name: "400, one enormous description", answer: refusal(400, envelope(description(strings.Repeat("Z", 10<<20))))},
		{name: "400, just short enough, all descriptions", answer: refusal(400, envelope(repeat(60, description(strings.Repeat("Z", 1000)))))},
		{name: "400 with marks in the description", answer: refusal(400, envelope(description(escaped+"Success"+escaped))), quick: true},
		{name: "400 that never ends", answer: func(x *exchange) {
			_, _ = io.WriteString(x, "HTTP/1.1 400 Bad\r\nContent-Type: text/html\r\n\r\n")
			x.drip(strings.Repeat("Z", 1<<16), 0)
		}},
		{name: "500 in the envelope", answer: refusal(500, envelope(description("Oops.")))},
		{name: "502 with a page", answer: status(502, "text/html", "<html>"+marks+"</html>")},
		{name: "503 with a large page", answer: status(503, "text/html", strings.Repeat("<p>", 4<<20))},
		{name: "401, the session is dead", answer: refusal(401, envelope(description("Insufficient authorisation."))), repeats: true},
		{name: "403, the session is dead", answer: refusal(403, envelope(description("Insufficient authentication."))), repeats: true},
		{name: "404 in the envelope", answer: refusal(404, envelope(description("Not found.")))},
		{name: "429 again and again", answer: refusal(429, envelope(description(tooMany+"3 second to this endpoint."))), repeats: true},
		{name: "429 for a day", answer: refusal(429, envelope(description(tooMany+"86400 second to this endpoint."))), quick: true},
		{name: "409 again and again", answer: refusal(409, envelope(description("Conflict."))), repeats: true},
		{name: "302 to elsewhere", answer: status(302, "text/html", "", "Location: http://192.0.2.1/v1/installation"), quick: true},
		{name: "308 to itself", answer: func(x *exchange) { reply(x, 308, "text/html", "", "Location: "+x.request.URL.Path) }},
		{name: "101, another protocol", answer: raw("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n")},
		{name: "100 without end", answer: func(x *exchange) { x.drip("HTTP/1.1 100 Continue\r\n\r\n", time.Millisecond) }},
		{name: "204 without a body", answer: raw("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")},
		{name: "a status of 999", answer: status(999, "text/plain", "x")},
		{name: "a status that is no number", answer: raw("HTTP/1.1 abc OK\r\n\r\n")},

		// Status line and header.
		{name: "no HTTP at all", answer: raw(strings.Repeat("\x00\xff"+marks, 1000) + "\r\n\r\n")},
		{name: "marks in the status line", answer: raw("HTTP/1.1 400 " + strings.ReplaceAll(marks, "\r", "") + "\r\nContent-Length: 0\r\n\r\n")},
		{name: "a status line of a MiB", answer: raw("HTTP/1.1 " + strings.Repeat("Z", 1<<20) + "\r\n\r\n")},
		{name: "a header of ten MiB", answer: raw(head + "X-Long: " + strings.Repeat("Z", 10<<20) + "\r\n\r\n{}")},
		{name: "headers without end", answer: func(x *exchange) {
			_, _ = io.WriteString(x, head)
			x.drip("X-More: "+strings.Repeat("Z", 1000)+"\r\n", 0)
		}},
		{name: "marks in the headers", answer: status(400, "text/\u202ehtml\x1b[31m", "x", "X-Bunq-Client-Response-Id: \u202e\x1b]0;x\x07"+strings.Repeat("Z", 5000))},
		{name: "a signature of 60 KiB", answer: status(200, "application/json", `{}`, "X-Bunq-Server-Signature: "+strings.Repeat("A", 60<<10))},
		{name: "two lengths", answer: raw(head + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}x")},
		{name: "a negative length", answer: raw(head + "Content-Length: -1\r\n\r\n{}")},

		// Bodies.
		{name: "200 without a signature", answer: status(200, "application/json", sessionBody), quick: true},
		{name: "200 signed by another", answer: func(x *exchange) {
			signature, err := signing.Sign(keys().client, []byte(sessionBody))
			if err != nil {
				panic(err)
			}
			reply(x, 200, "application/json", sessionBody, "X-Bunq-Server-Signature: "+signature)
		}},
		{name: "a login page", answer: success("<html>" + marks + "</html>"), quick: true},
		{name: "an empty body", answer: success("")},
		{name: "null", answer: success("null")},
		{name: "no list", answer: success(`{"Response":7}`)},
		{name: "ten MiB", answer: success(`{"Response":[` + strings.Repeat(" ", 10<<20) + `]}`)},
		{name: "hundreds of thousands of elements", answer: success(`{"Response":[` + repeat(690_000, `{}`) + `]}`), quick: true},
		{name: "hundreds of thousands of keys", answer: success(`{"Response":[{` + repeat(290_000, `"a":1`) + `}]}`)},
		{name: "a user with hundreds of thousands of aliases", answer: success(`{"Response":[{"Id":{"id":1}},{"Token":{"token":"ab"}},{"UserPerson":{"id":7,"alias":[` + repeat(690_000, `{}`) + `]}}]}`), maybe: true},
		{name: "a client with hundreds of thousands of URLs", answer: success(`{"Response":[{"OauthClient":{"id":7,"status":"ACTIVE","callback_url":[` + repeat(170_000, `{"id":1}`) + `]}}]}`)},
		{name: "a client with thousands of URLs", answer: success(`{"Response":[{"OauthClient":{"id":7,"status":"ACTIVE","callback_url":[` + repeat(5_000, `{"id":1,"url":"https:\/\/a.example\/"}`) + `]}}]}`), maybe: true},
		{name: "a million brackets", answer: success(`{"Response":` + strings.Repeat("[", 1_000_000))},
		{name: "elements of another kind", answer: success(`{"Response":[{"Monster":{"id":7,"name":"` + escaped + `"}}]}`)},
		{name: "numbers that are none", answer: success(`{"Response":[{"Id":{"id":1e400}},{"OauthClient":{"id":"` + escaped + `"}}]}`), quick: true},
		{name: "ids below zero", answer: success(`{"Response":[{"Id":{"id":-7}},{"OauthClient":{"id":-7,"status":"ACTIVE"}}]}`)},
		{name: "no UTF-8", answer: success("{\"Response\":[{\"OauthClient\":{\"id\":7,\"status\":\"\xff\xfe\xed\xa0\x80\"}}]}")},
		{name: "a client with an id of marks", answer: success(`{"Response":[{"OauthClient":{"id":7,"status":"ACTIVE","client_id":"` + escaped + `","secret":"x"}}]}`), maybe: true},
		{name: "a kind of user of a MiB", answer: success(`{"Response":[{"Id":{"id":1}},{"Token":{"token":"ab"}},{"User` + strings.Repeat("Z", 1<<20) + `":{"id":0}}]}`), maybe: true},
		{name: "pages without end", answer: endlessPages()},
		{name: "a next page elsewhere", answer: success(`{"Response":[],"Pagination":{"older_url":"https://192.0.2.1/v1/user/7/oauth-client?older_id=1"}}`)},
		{name: "gzip that nobody asked for", answer: success("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03"+strings.Repeat("\x00", 1000), "Content-Encoding: gzip")},

		// Timing.
		{name: "no answer", answer: func(x *exchange) { x.hold() }},
		{name: "a header, byte by byte", answer: func(x *exchange) { x.drip("H", 500*time.Millisecond) }},
		{name: "a body, byte by byte", answer: func(x *exchange) {
			_, _ = io.WriteString(x, head+"Content-Length: 1000000\r\n\r\n")
			x.drip(" ", 100*time.Millisecond)
		}},
		{name: "a body that never ends", answer: func(x *exchange) {
			_, _ = io.WriteString(x, head+"\r\n")
			x.drip(strings.Repeat(" ", 1<<16), 0)
		}},
		{name: "the connection closed", answer: func(*exchange) {}},
		{name: "the connection reset", answer: func(x *exchange) { x.reset() }},
		{name: "the connection reset in the body", answer: func(x *exchange) {
			_, _ = io.WriteString(x, head+"Content-Length: 1000\r\n\r\n{")
			x.reset()
		}},
		{name: "a body that is shorter than announced", answer: raw(head + "Content-Length: 1000\r\n\r\n{}")},
		{name: "a chunk without end", answer: raw(head + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n{}")},
		{name: "chunks that are none", answer: raw(head + "Transfer-Encoding: chunked\r\n\r\n" + marks + "\r\n{}")},
		{name: "trailers without end", answer: func(x *exchange) {
			_, _ = io.WriteString(x, head+"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n")
			x.drip("X-More: "+strings.Repeat("Z", 1000)+"\r\n", 0)
		}},
	}
}

// endlessPages answers with a full page, and always one that is older.
func endlessPages() func(*exchange) {
	client := fmt.Sprintf(`{"OauthClient":{"id":7,"status":"CANCELLED","client_id":"%s"}}`, strings.Repeat("Z", 9000))
	page := `{"Response":[` + repeat(200, client) + `],"Pagination":{"older_url":"\/v1\/user\/7\/oauth-client?older_id=%d"}}`
	older := int64(1_000_000)
	return func(x *exchange) {
		older-- // the provider reads one page after the other
		signed(x, fmt.Sprintf(page, older))
	}
}
