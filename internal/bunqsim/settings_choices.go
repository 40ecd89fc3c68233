package bunqsim

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"
)

// SettingChoice is one setting and the answers that a test of all of them goes through.
type SettingChoice struct {
	// Name is the setting's key in the JSON of Settings.
	Name string
	// Answers are values of the setting, the default first.
	Answers []any

	field string
	// open settings take other values, too: numbers and texts of which Answers has examples only.
	open bool
}

// SettingChoices lists all settings, in the order of their fields.
func SettingChoices() []SettingChoice {
	return []SettingChoice{
		closed("FirstUse", ByDeviceServer, BySession),
		open("ExpiredKeyStatus", "EXPIRED", "OBSOLETE"),
		open("RevokedKeyStatus", "REVOKED", "CANCELLED"),
		closed("CredentialWithInstallationToken", Accepted, Refused),
		closed("OldKeys", Accepted, Refused),
		closed("ExpiredCertificate", Refused, Accepted),
		closed("ECCertificate", Refused, Accepted),
		closed("LeafInChain", Refused, Accepted),
		closed("InstallationKeyReuse", Accepted, Refused),
		closed("ServerKey", PerInstallation, PerProcess),
		closed("SignInstallationReads", Accepted, Refused),
		closed("OptionalSignature", Refused, Ignored),
		closed("UsedRequestID", Accepted, Refused),

		closed("SecondDeviceOfInstallation", Refused, Accepted),
		closed("SessionWithoutDevice", Refused, Accepted),
		closed("PendingKeyElsewhere", Accepted, Refused),
		closed("DeviceFromUnpermittedIP", Refused, Accepted),
		closed("LoneWildcard", Wildcard, CallerOnly),
		closed("WildcardAfterConcrete", Refused, Ignored, Accepted),
		closed("WildcardInList", Accepted, Refused),
		closed("DeviceList", OfUser, OfInstallation),
		open("MaxDescription", 255, 64),
		closed("IPv6", Refused, Accepted),
		closed("IPText", Canonical, AsSent),

		closed("PermittedIPDefaultStatus", StatusActive, StatusInactive),
		closed("DuplicatePermittedIP", Refused, Accepted),
		closed("IPInPermittedIPUpdate", Refused, Ignored, Required),

		open("FirstSessionLifetime", time.Hour, 20*time.Second),
		open("SessionLifetime", sessionTimeout, time.Minute),
		closed("SessionExtension", Never, LastMinutes, LastSeconds),
		closed("DeadSessionStatus", http.StatusUnauthorized, http.StatusForbidden),
		closed("UnknownTokenStatus", http.StatusForbidden, http.StatusUnauthorized),
		closed("ForeignUserStatus", http.StatusNotFound, http.StatusForbidden),
		closed("ParallelSessions", Accepted, Refused),

		closed("SecondOAuthClient", Refused, Accepted, Existing),
		closed("CancelledOAuthClient", Readable, Gone),
		open("CancelPending", time.Duration(0), time.Second),
		closed("CancelTwice", Accepted, Refused),
		closed("ReactivateOAuthClient", Refused, Accepted, Ignored),
		closed("CancelledOAuthClientURLs", Refused, Accepted),
		closed("OAuthClientFields", WithDisplayName, Bare, WithTimestamps),

		closed("HTTPCallback", Refused, Accepted),
		closed("DuplicateCallback", Refused, Accepted),
		open("MaxCallbackLength", 255, 2000),
		open("MaxCallbacks", 0, 20),

		open("CodeLifetime", 10*time.Minute, 30*time.Second),
		closed("UsedCode", Refused, Revokes),
		closed("TokenErrors", ByRFC6749, AllInvalidGrant),
		closed("AccessTokenWithoutDevice", Accepted, Refused),
		closed("ConsentNotifications", GivenAndWithdrawn, WithdrawnOnly),

		closed("MissingNotificationFilters", Refused, Accepted),
		closed("UnknownNotificationCategory", Refused, Accepted, Ignored),
		closed("DuplicateNotificationFilter", Refused, Accepted, Ignored),
		closed("NotificationFilterFields", Bare, WithTimestamps),
		closed("NotificationFilterList", InPages, Whole),

		open("WarningHeader", "", "This endpoint will be removed."),
		closed("DeleteBody", EmptyResponse, EmptyObject, NoBody),
		closed("RateLimitStatus", http.StatusTooManyRequests, http.StatusConflict),
		closed("RecentLimitsFor", ByDevice, ByAddress),
		closed("RefusedRequestsCount", Refused, Accepted),
	}
}

// closed returns the choice of a setting that has these answers only.
func closed[T any](field string, answers ...T) SettingChoice {
	f, ok := reflect.TypeFor[Settings]().FieldByName(field)
	if !ok || f.Type != reflect.TypeFor[T]() {
		panic(fmt.Sprintf("bunqsim: Settings has no %s of this type", field))
	}
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	c := SettingChoice{Name: name, field: field}
	for _, a := range answers {
		c.Answers = append(c.Answers, a)
	}
	return c
}

// open returns the choice of a setting that takes other values than these, too.
func open[T any](field string, answers ...T) SettingChoice {
	c := closed(field, answers...)
	c.open = true
	return c
}

// Choose sets the setting in s to the i-th of its answers. The default is stored as the zero value,
// so that it is not part of what Settings.String returns.
func (c SettingChoice) Choose(s *Settings, i int) {
	if i == 0 {
		c.in(s).SetZero()
		return
	}
	c.in(s).Set(reflect.ValueOf(c.Answers[i]))
}

func (c SettingChoice) in(s *Settings) reflect.Value {
	return reflect.ValueOf(s).Elem().FieldByName(c.field)
}

// RandomSettings draws an answer for every setting, each as likely as the others of its setting. It
// draws for the sandbox: production has no RateLimitStatus 409.
func RandomSettings(r *rand.Rand) Settings {
	var s Settings
	for _, c := range SettingChoices() {
		c.Choose(&s, r.IntN(len(c.Answers)))
	}
	return s
}

// filled returns s with every default written out, or an error that names the first setting of an
// unknown answer.
func (s Settings) filled(env Environment) (Settings, error) {
	for _, c := range SettingChoices() {
		field := c.in(&s)
		if field.IsZero() {
			field.Set(reflect.ValueOf(c.Answers[0]))
		}

		value := field.Interface()
		if !c.open && !slices.Contains(c.Answers, value) {
			return s, fmt.Errorf("bunqsim: setting %s is %v, must be one of %v", c.field, value, c.Answers)
		}
		if field.CanInt() && field.Int() < 0 {
			return s, fmt.Errorf("bunqsim: setting %s is negative", c.field)
		}
	}

	if s.RateLimitStatus == http.StatusConflict && env != Sandbox {
		return s, fmt.Errorf("bunqsim: setting RateLimitStatus 409 is for the sandbox only")
	}
	return s, nil
}
