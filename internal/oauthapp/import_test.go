package oauthapp

import (
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
)

func TestImportIDs_ofAnID(t *testing.T) {
	for name, tc := range map[string]struct {
		id   string
		form string
		want []string // nil: an error
		said string
	}{
		"two numbers name a client":               {"28196/633", "USER_ID/OAUTH_CLIENT_ID", []string{"28196", "633"}, ""},
		"three numbers name a callback URL":       {"1/2/3", "USER_ID/OAUTH_CLIENT_ID/ID", []string{"1", "2", "3"}, ""},
		"one number is too few":                   {"633", "USER_ID/OAUTH_CLIENT_ID", nil, "form USER_ID/OAUTH_CLIENT_ID."},
		"three numbers are too many for a client": {"1/2/3", "USER_ID/OAUTH_CLIENT_ID", nil, "form USER_ID/OAUTH_CLIENT_ID."},
		"nothing is no id":                        {"", "USER_ID/OAUTH_CLIENT_ID", nil, "form USER_ID/OAUTH_CLIENT_ID."},
		"the client_id of OAuth is not the number": {"28196/0a1b2c3d4e5f", "USER_ID/OAUTH_CLIENT_ID", nil,
			`OAUTH_CLIENT_ID is "0a1b2c3d4e5f", but must be a whole number`},
		"the part that is wrong is named":    {"me/633", "USER_ID/OAUTH_CLIENT_ID", nil, `USER_ID is "me"`},
		"a part that is empty is named":      {"28196/", "USER_ID/OAUTH_CLIENT_ID", nil, `OAUTH_CLIENT_ID is ""`},
		"zero is no number of bunq's":        {"0/633", "USER_ID/OAUTH_CLIENT_ID", nil, `USER_ID is "0"`},
		"leading zeros are another text":     {"028196/633", "USER_ID/OAUTH_CLIENT_ID", nil, `USER_ID is "028196"`},
		"a sign is none":                     {"-1/633", "USER_ID/OAUTH_CLIENT_ID", nil, `USER_ID is "-1"`},
		"white space is none":                {"28196 / 633", "USER_ID/OAUTH_CLIENT_ID", nil, `USER_ID is "28196 "`},
		"what no number of 64 bits can hold": {"28196/9223372036854775808", "USER_ID/OAUTH_CLIENT_ID", nil, `OAUTH_CLIENT_ID is "9223372036854775808"`},
		"the largest number that it can":     {"1/9223372036854775807", "USER_ID/OAUTH_CLIENT_ID", []string{"1", "9223372036854775807"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var diags diag.Diagnostics
			var ids []member
			for _, form := range strings.Split(tc.form, "/") {
				ids = append(ids, member{form: form})
			}
			got := importIDs(t.Context(), resource.ImportStateRequest{ID: tc.id}, ids, &diags)
			if !slices.Equal(got, tc.want) {
				t.Errorf("%q: %q, want %q", tc.id, got, tc.want)
			}
			if diags.HasError() != (tc.want == nil) {
				t.Fatalf("diagnostics: %v", diags)
			}
			if tc.want == nil && !strings.Contains(diags[0].Detail(), tc.said) {
				t.Errorf("said %q, want %q in it", diags[0].Detail(), tc.said)
			}
		})
	}
}
