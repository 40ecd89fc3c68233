package onboarding

import (
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// keepersAttribute returns the attribute for values whose change renews a resource.
func keepersAttribute(text string, modifiers ...planmodifier.Map) schema.MapAttribute {
	return schema.MapAttribute{
		Optional:            true,
		ElementType:         types.StringType,
		MarkdownDescription: text,
		PlanModifiers:       modifiers,
	}
}

// hasKeepers reports whether there are any; it returns true for a map that is not known yet.
func hasKeepers(m types.Map) bool { return m.IsUnknown() || len(m.Elements()) > 0 }

// otherKeepers reports whether the keepers differ. What is not known yet counts as different.
func otherKeepers(before, after types.Map) bool {
	return (hasKeepers(before) || hasKeepers(after)) && !before.Equal(after)
}
