package acctest_test

import (
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
)

const twoErrors = `
Error: First summary

  with bunq_x.main,
  on main.tf line 20, in resource "bunq_x" "main":
  20:   certificate_pem = file("a.pem")

The first error has these words, which were
wrapped.

Error: Second summary

  with bunq_x.main,
  on main.tf line 19, in resource "bunq_x" "main":
  19: resource "bunq_x" "main" {

Even so it is another one.
`

func TestSays(t *testing.T) {
	tests := []struct {
		name string
		got  bool
		want bool
	}{
		{"words that the CLI has wrapped are found", acctest.Says("words, which were wrapped.").MatchString(twoErrors), true},
		{"other words are not", acctest.Says("words, which were not").MatchString(twoErrors), false},
		{"words at their attribute are found", acctest.SaysAt("certificate_pem", "were wrapped.").MatchString(twoErrors), true},
		{"words of the next diagnostic are not those of the attribute", acctest.SaysAt("certificate_pem", "Even so").MatchString(twoErrors), false},
		{"the name of another attribute does not do", acctest.SaysAt("pem", "were wrapped.").MatchString(twoErrors), false},
		{"words at their block are found", acctest.SaysInBlock(`resource "bunq_x" "main"`, "it is another").MatchString(twoErrors), true},
		{"words of another diagnostic are not those of the block", acctest.SaysInBlock(`resource "bunq_x" "main"`, "were wrapped").MatchString(twoErrors), false},
	}
	for _, tt := range tests {
		if tt.got != tt.want {
			t.Errorf("%s: got %v", tt.name, tt.got)
		}
	}
}
