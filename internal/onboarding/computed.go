package onboarding

import (
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
)

// computed returns the attribute for a text that each plan decides.
func computed(text string) schema.StringAttribute {
	return schema.StringAttribute{Computed: true, MarkdownDescription: text}
}

// kept returns the attribute for a text that stays as long as the object does.
func kept(text string) schema.StringAttribute {
	a := computed(text)
	a.PlanModifiers = []planmodifier.String{stringplanmodifier.UseStateForUnknown()}
	return a
}

// keptSecret returns the same for a secret.
func keptSecret(text string) schema.StringAttribute {
	a := kept(text)
	a.Sensitive = true
	return a
}
