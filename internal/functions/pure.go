package functions

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/function"
)

// pure is a function of this package.
type pure struct {
	name       string
	definition function.Definition
	run        func(context.Context, function.ArgumentsData, *function.ResultData) *function.FuncError
}

// Metadata names the function.
func (p pure) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = p.name
}

// Definition describes the function.
func (p pure) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = p.definition
}

// Run computes the result.
func (p pure) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	resp.Error = p.run(ctx, req.Arguments, &resp.Result)
}
