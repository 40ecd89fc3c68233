package bunq

import (
	"context"
	"encoding/json"
	"net/http"
)

// answerToError makes an APIError of everything that is not a 200: bunq's success
// is always 200, creations included.
func answerToError(next handler) handler {
	return func(ctx context.Context, x *exchange) (*answer, error) {
		a, err := next(ctx, x)
		if err != nil || a.status == http.StatusOK {
			return a, err
		}
		descriptions, envelope := decodeErrorEnvelope(a.body)
		for i, d := range descriptions {
			descriptions[i] = redact(d, x.secrets)
		}
		return nil, &APIError{
			Method: x.method, Endpoint: x.endpoint, Status: a.status, Descriptions: descriptions,
			ResponseID: a.responseID, RequestID: x.requestID, ContentType: a.contentType, Envelope: envelope,
			Attempts: x.attempt,
		}
	}
}

// decodeErrorEnvelope reads {"Error":[{"error_description":"…"}]}; false for
// anything else, such as a proxy's page. The names are compared exactly, which
// decoding into a struct would not do.
func decodeErrorEnvelope(body []byte) ([]string, bool) {
	var outer map[string]json.RawMessage
	if json.Unmarshal(body, &outer) != nil {
		return nil, false
	}
	var entries []map[string]json.RawMessage
	if json.Unmarshal(outer["Error"], &entries) != nil || entries == nil {
		return nil, false
	}
	var descriptions []string
	for _, entry := range entries {
		var d string
		if json.Unmarshal(entry["error_description"], &d) == nil && d != "" {
			descriptions = append(descriptions, d)
		}
	}
	return descriptions, true
}
