package providerdata

// APIContextMember is one member of the api_context object, as every schema that has the object
// describes it.
type APIContextMember struct {
	Name        string
	Description string
	Sensitive   bool
}

// APIContextMembers returns the members of the api_context object. The secret ones are sensitive,
// and the object as a whole is not: a plan shows its plain members.
func APIContextMembers() []APIContextMember {
	return []APIContextMember{
		{Name: "environment", Description: "`sandbox` or `production`."},
		{Name: "api_key", Description: "The API key.", Sensitive: true},
		{Name: "installation_token", Description: "Token of the installation.", Sensitive: true},
		{Name: "private_key_pem", Description: "Private key of the installation, PEM.", Sensitive: true},
		{Name: "server_public_key_pem", Description: "bunq's public key, PEM."},
	}
}

// APIContextAttributes returns the members of the api_context object as attributes of one of the
// framework's kinds of schema.
func APIContextAttributes[A any](attribute func(APIContextMember) A) map[string]A {
	all := map[string]A{}
	for _, m := range APIContextMembers() {
		all[m.Name] = attribute(m)
	}
	return all
}
