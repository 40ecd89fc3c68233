// Package oauthapp holds the resources of the OAuth application that end users see:
// bunq_oauth_client, bunq_oauth_callback_url, and bunq_notification_filters, which tells it of
// withdrawn consent; and a list of each.
//
// It makes sure that a user's one client is never made twice nor cancelled by accident, that a
// callback URL exists once, and that no webhook is removed unseen. It takes a working API context
// and must not know how one is made.
package oauthapp
