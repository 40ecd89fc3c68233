package bunqsim

func newUser(c *call, kind UserKind, name string) *User {
	u := &User{
		ID: c.st.nextID("user"), Kind: kind, DisplayName: name, Status: "ACTIVE",
		PublicUUID: newUUID(), AvatarUUID: newUUID(), AttachmentUUID: newUUID(), Created: c.now, Updated: c.now,
	}
	c.st.Users = append(c.st.Users, u)
	return u
}

// newName returns an invented name for a person or company.
func newName() string { return "Sandbox " + randomHex(4) }

func (c *call) userByID(id int64) *User {
	return first(c.st.Users, func(u *User) bool { return u.ID == id })
}

// findUser knows the session's own user only.
func findUser(c *call) *apiError {
	if c.ids[0] != c.user.ID {
		return errNotFound("User", c.ids[0])
	}
	return nil
}

func findProviderUser(c *call) *apiError {
	if c.user.Kind != UserPaymentServiceProvider {
		return errNotFound("User", c.ids[0])
	}
	return findUser(c)
}

func readUser(c *call) (reply, *apiError) {
	return reply{elements: []element{c.userElement(c.user)}}, nil
}

func listUsers(c *call) (reply, *apiError) {
	return paginate([]paged{{c.user.ID, c.userElement(c.user)}}, c.query, c.path, c.user.ID)
}

type wireAlias struct {
	Type  string `json:"type"`
	Value string `json:"value"`
	Name  string `json:"name"`
}

type wireImage struct {
	AttachmentPublicUUID string `json:"attachment_public_uuid"`
	Height               int    `json:"height"`
	Width                int    `json:"width"`
	ContentType          string `json:"content_type"`
}

type wireAvatar struct {
	UUID       string      `json:"uuid"`
	Image      []wireImage `json:"image"`
	AnchorUUID string      `json:"anchor_uuid"`
	Style      *string     `json:"style"` // in bunq's newer documents only; null: not applicable
}

type wireAmount struct {
	Currency string `json:"currency"`
	Value    string `json:"value"`
}

type wireUser struct {
	ID                  int64       `json:"id"`
	Created             wireTime    `json:"created"`
	Updated             wireTime    `json:"updated"`
	Alias               []wireAlias `json:"alias"`
	Avatar              wireAvatar  `json:"avatar"`
	Status              string      `json:"status"`
	SubStatus           string      `json:"sub_status"`
	PublicUUID          string      `json:"public_uuid"`
	DisplayName         string      `json:"display_name"`
	PublicNickName      string      `json:"public_nick_name"`
	Language            string      `json:"language"`
	Region              string      `json:"region"`
	SessionTimeout      int         `json:"session_timeout"`
	DailyLimit          wireAmount  `json:"daily_limit_without_confirmation_login"`
	Relations           []string    `json:"relations"`
	NotificationFilters []string    `json:"notification_filters"`
}

type wireProviderUser struct {
	wireUser
	DistinguishedName string `json:"certificate_distinguished_name"`
}

func avatarOf(u *User) wireAvatar {
	return wireAvatar{UUID: u.AvatarUUID, AnchorUUID: u.PublicUUID,
		Image: []wireImage{{AttachmentPublicUUID: u.AttachmentUUID, Height: 1023, Width: 1024, ContentType: "image/png"}}}
}

// wireLabel is a user as others see it: short.
type wireLabel struct {
	ID             int64      `json:"id"`
	Avatar         wireAvatar `json:"avatar"`
	PublicUUID     string     `json:"public_uuid"`
	DisplayName    string     `json:"display_name"`
	PublicNickName string     `json:"public_nick_name"`
}

func labelElement(u *User) element {
	return element{string(u.Kind), wireLabel{ID: u.ID, Avatar: avatarOf(u), PublicUUID: u.PublicUUID, DisplayName: u.DisplayName,
		PublicNickName: u.DisplayName}}
}

func (c *call) userElement(u *User) element {
	if u.Kind == UserAPIKey {
		return c.apiKeyElement(u)
	}
	w := wireUser{
		ID: u.ID, Created: wireTime(u.Created), Updated: wireTime(u.Updated), Alias: []wireAlias{},
		Avatar: avatarOf(u),
		Status: u.Status, SubStatus: "NONE", PublicUUID: u.PublicUUID, DisplayName: u.DisplayName,
		PublicNickName: u.DisplayName, Language: "en_US", Region: "en_US",
		SessionTimeout: int(sessionTimeout.Seconds()), DailyLimit: wireAmount{"EUR", "250.00"},
		Relations: []string{}, NotificationFilters: []string{},
	}
	if u.Kind != UserPaymentServiceProvider {
		return element{string(u.Kind), w}
	}
	w.Alias = []wireAlias{{"CERTIFICATE_DISTINGUISHED_NAME", u.DistinguishedName, u.DisplayName}}
	return element{string(u.Kind), wireProviderUser{w, u.DistinguishedName}}
}

// createSandboxPerson and createSandboxCompany make end users, who could consent to an OAuth client.
func createSandboxPerson(c *call) (reply, *apiError) { return createSandboxUser(c, UserPerson) }

func createSandboxCompany(c *call) (reply, *apiError) { return createSandboxUser(c, UserCompany) }

func createSandboxUser(c *call, kind UserKind) (reply, *apiError) {
	u := newUser(c, kind, newName())
	cred := newCredential(c, u.ID, "sandbox_"+randomHex(28))
	type body struct {
		APIKey string `json:"api_key"`
	}
	return reply{elements: []element{{"ApiKey", body{cred.Key}}}}, nil
}
