// Package providerdata is the one value that the provider hands to its
// resources: the API client, the session broker, the environment, and the API
// context for resources that name none.
//
// It owns the shape of the api_context and installation objects, because both
// groups of resources exchange them, and the refusal to mix environments. It
// must not know any resource, nor how the provider block is written.
package providerdata
