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
	// Source says where the default is from: OBSERVED, DOCUMENTED or UNKNOWN, with the rest of it.
	Source string
	// For names who needs another answer: the directory of the provider's tests that set it, or the
	// users of the simulator who do.
	For string

	field string
	// open settings take other values, too: numbers and texts of which Answers has examples only.
	open bool
}

// SettingChoices lists all settings, in the order of their fields.
func SettingChoices() []SettingChoice {
	return []SettingChoice{
		closed("FirstUse", "UNKNOWN",
			"internal/onboarding", ByDeviceServer, BySession),
		closed("OldKeys", "UNKNOWN",
			"internal/onboarding", Accepted, Refused),
		closed("InstallationKeyReuse", "UNKNOWN",
			"those who bring the installation key themselves", Accepted, Refused),
		closed("ServerKey", "OBSERVED: two pairs of installations have different ones",
			"those who keep one server key for all installations", PerInstallation, PerProcess),
		closed("SignInstallationReads", "OBSERVED: bunq's SDKs demand a signature; no recording shows one",
			"internal/onboarding", Accepted, Refused),
		closed("UsedRequestID", "OBSERVED: two clients use one id several times; documented otherwise",
			"those who want to see that they use none twice", Accepted, Refused),

		closed("SecondDeviceOfInstallation", "OBSERVED: four clients, none with the key of a PSD2 party",
			"internal/onboarding", Refused, Accepted),
		closed("SessionWithoutDevice", "UNKNOWN",
			"those who move a key to another installation", Refused, Accepted),
		closed("PendingKeyElsewhere", "UNKNOWN",
			"those who move a key to another installation", Accepted, Refused),
		closed("LoneWildcard", "OBSERVED: production clients rely on it; documented both ways",
			"those who register for every address", Wildcard, CallerOnly),
		closed("WildcardAfterConcrete", "DOCUMENTED as not possible; how it fails is UNKNOWN",
			"internal/lifecycle", Refused, Ignored, Accepted),
		closed("DeviceList", "UNKNOWN",
			"internal/onboarding", OfUser, OfInstallation),
		closed("DeviceListWithInstallationToken", "DOCUMENTED for sessions; one client says that it works",
			"those who look for their device before they have a session", Refused, Accepted),
		open("BrakeAfterWrongKeys", "OBSERVED: the text; that it follows wrong keys is inferred",
			"those who try several keys", 0, 3),
		closed("IPv6", "DOCUMENTED as not supported, in one place otherwise",
			"internal/onboarding", Refused, Accepted),
		closed("IPText", "UNKNOWN",
			"internal/onboarding", Canonical, AsSent),

		closed("IPInPermittedIPUpdate", "UNKNOWN: SDKs and documents contradict each other",
			"internal/onboarding", Refused, Ignored, Required),

		open("FirstSessionLifetime", "DOCUMENTED",
			"internal/pacing", time.Hour, 20*time.Second),
		open("SessionLifetime", "OBSERVED",
			"those who want to see a session end soon", sessionTimeout, time.Minute),
		closed("SessionExtension", "UNKNOWN: documented in two ways",
			"those who go on with a session for days", Never, LastMinutes, LastSeconds),
		closed("DeadSessionStatus", "OBSERVED: both",
			"those who open a new session when one has ended", http.StatusUnauthorized, http.StatusForbidden),
		closed("ParallelSessions", "OBSERVED; years ago otherwise",
			"internal/onboarding", Accepted, Refused),

		closed("SecondOAuthClient", "OBSERVED: the text; the status is UNKNOWN",
			"internal/oauthapp", Refused, Accepted, Existing),
		closed("CancelledOAuthClient", "UNKNOWN",
			"internal/oauthapp", Readable, Gone),
		open("CancelPending", "UNKNOWN",
			"internal/oauthapp", time.Duration(0), time.Second),
		closed("OAuthClientFields", "OBSERVED: all three are optional",
			"those who read display_name or times", WithDisplayName, Bare, WithTimestamps),

		closed("HTTPCallback", "UNKNOWN",
			"those whose application runs on their own machine", Refused, Accepted),
		closed("DuplicateCallback", "OBSERVED: the text; the status is UNKNOWN",
			"internal/oauthapp", Refused, Accepted),
		open("MaxCallbackLength", "UNKNOWN",
			"those with long callback URLs", 255, 2000),
		open("MaxCallbacks", "UNKNOWN",
			"those with many callback URLs", 0, 20),

		closed("UnknownNotificationCategory", "UNKNOWN",
			"those who use a category that bunq has not listed", Refused, Accepted),
		closed("NotificationFilterFields", "DOCUMENTED for a newer product; older recordings have none",
			"internal/oauthapp", WithLists, Bare, WithTimestamps),
		closed("NotificationFilterList", "UNKNOWN",
			"internal/oauthapp", InPages, Whole),

		closed("DeleteBody", "UNKNOWN",
			"those who read the answer to a DELETE", EmptyResponse, EmptyObject, NoBody),
		closed("RateLimitStatus", "OBSERVED: 409 in the sandbox, formerly",
			"those who wait when a limit was hit", http.StatusTooManyRequests, http.StatusConflict),
		closed("RateLimitText", "OBSERVED: both",
			"those who read the limit out of the text", Plain, NamesMethod),
		open("SetupCallsPerDay", "DOCUMENTED; which calls count is UNKNOWN",
			"those who set up more than once a day", 0, 10),
	}
}

// closed returns the choice of a setting that has these answers only.
func closed[T any](field, source, who string, answers ...T) SettingChoice {
	f, ok := reflect.TypeFor[Settings]().FieldByName(field)
	if !ok || f.Type != reflect.TypeFor[T]() {
		panic(fmt.Sprintf("bunqsim: Settings has no %s of this type", field))
	}
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	c := SettingChoice{Name: name, Source: source, For: who, field: field}
	for _, a := range answers {
		c.Answers = append(c.Answers, a)
	}
	return c
}

// open returns the choice of a setting that takes other values than these, too.
func open[T any](field, source, who string, answers ...T) SettingChoice {
	c := closed(field, source, who, answers...)
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
