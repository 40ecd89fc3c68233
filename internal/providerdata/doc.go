// Package providerdata has the one value that the provider passes to its resources: the
// API client, the session broker, the environment, and the API context for resources
// that have none.
//
// It owns the form of the api_context and installation objects, because both groups of
// resources use them, and the check that environments are not mixed. It must not know
// any resource, nor how the provider block is written.
package providerdata
