package bunqsim

func createInstallation(c *call) (reply, *apiError) {
	key, err := parseClientKey(c.body.strings["client_public_key"])
	if err != nil {
		return reply{}, errPublicKeyInvalid()
	}
	canonical := publicKeyPEM(key)
	if c.set.InstallationKeyReuse == Refused &&
		first(c.st.Installations, func(i *Installation) bool { return i.ClientPublicKey == canonical }) != nil {
		return reply{}, errPublicKeyUsed()
	}
	inst := &Installation{
		ID: c.st.nextID("installation"), TokenID: c.st.nextID("token"), Token: newToken(),
		ClientPublicKey: canonical, Created: c.now,
	}
	if c.set.ServerKey == PerInstallation {
		c.st.ServerKeys[inst.ID] = c.sim.nthServerKey(int(inst.ID))
	}
	server, err := c.sim.serverKey(inst)
	if err != nil {
		return reply{}, errInternal()
	}
	inst.ServerPublicKey = publicKeyPEM(&server.PublicKey)
	c.st.Installations = append(c.st.Installations, inst)
	return reply{elements: []element{
		elementID(inst.ID),
		{"Token", wireToken{ID: inst.TokenID, Created: wireTime(c.now), Updated: wireTime(c.now), Token: inst.Token}},
		{"ServerPublicKey", wireServerKey{inst.ServerPublicKey}},
	}}, nil
}

// findInstallation knows the session's own installation only.
func findInstallation(c *call) *apiError {
	if c.ids[0] != c.inst.ID {
		return errNotFound("Installation", c.ids[0])
	}
	return nil
}

// readInstallation answers list and single read alike: the session's installation, without its
// token, and without pagination.
func readInstallation(c *call) (reply, *apiError) { return replyID(c.inst.ID), nil }

func readServerPublicKey(c *call) (reply, *apiError) {
	return reply{elements: []element{{"ServerPublicKey", wireServerKey{c.inst.ServerPublicKey}}}}, nil
}
