// Package oauthapp holds the resources of the OAuth application that end users see:
// bunq_oauth_client and bunq_oauth_callback_url.
//
// It makes sure that a user's one client is never made twice nor cancelled by accident, and that a
// callback URL exists once. It takes a working API context and must not know how one is made.
package oauthapp
