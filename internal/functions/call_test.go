package functions

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

var update = flag.Bool("update", false, "write the golden files again; read what changed before it is kept")

// call runs a function as the framework does.
func call(t *testing.T, f function.Function, arguments ...attr.Value) (attr.Value, *function.FuncError) {
	t.Helper()
	var d function.DefinitionResponse
	f.Definition(t.Context(), function.DefinitionRequest{}, &d)
	if len(d.Definition.Parameters) != len(arguments) {
		t.Fatalf("%d arguments for %d parameters", len(arguments), len(d.Definition.Parameters))
	}
	result, err := d.Definition.Return.NewResultData(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	resp := function.RunResponse{Result: result}
	f.Run(t.Context(), function.RunRequest{Arguments: function.NewArgumentsData(arguments)}, &resp)
	return resp.Result.Value(), resp.Error
}

// mustCall is call where nothing may be wrong.
func mustCall(t *testing.T, f function.Function, arguments ...attr.Value) attr.Value {
	t.Helper()
	result, err := call(t, f, arguments...)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func text(s string) types.String { return types.StringValue(s) }

var unknown = types.StringUnknown()

// badCall is a call that must fail.
type badCall struct {
	name      string
	arguments []attr.Value
}

// messages compares what a user reads of each bad call with the golden file: the parameter and the
// message, in Terraform's frame.
func messages(t *testing.T, f function.Function, golden string, secrets []string, calls []badCall) {
	t.Helper()
	var d function.DefinitionResponse
	f.Definition(t.Context(), function.DefinitionRequest{}, &d)
	var got strings.Builder
	for _, c := range calls {
		_, err := call(t, f, c.arguments...)
		switch {
		case err == nil:
			t.Errorf("%s: no error", c.name)
			continue
		case err.FunctionArgument == nil:
			t.Errorf("%s: the error points at no argument: %v", c.name, err)
			continue
		}
		for _, secret := range secrets {
			if strings.Contains(err.Text, secret) {
				t.Errorf("%s: the error shows a secret", c.name)
			}
		}
		fmt.Fprintf(&got, "%s:\nInvalid value for %q parameter: %s.\n\n", c.name, d.Definition.Parameters[*err.FunctionArgument].GetName(), err.Text)
	}

	file := filepath.Join("testdata", golden)
	if *update {
		if err := os.WriteFile(file, []byte(got.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v (write it with -update)", err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("%s differs; read the change, and let -update write it (-want +got):\n%s", file, diff)
	}
}

// vector is a file of testdata.
func vector(tb testing.TB, name string) string {
	tb.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		tb.Fatal(err)
	}
	return string(raw)
}
