package core

import (
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// Notice is a diagnostic as a user sees it.
type Notice struct {
	Warning         bool
	Summary, Detail string
}

func (n Notice) String() string {
	kind := "Error"
	if n.Warning {
		kind = "Warning"
	}
	return fmt.Sprintf("%s: %s\n\n%s", kind, n.Summary, n.Detail)
}

// Notices are what one or more operations reported.
type Notices []Notice

// NoticesOf are the diagnostics of an answer.
func NoticesOf(diags []*tfprotov6.Diagnostic) Notices {
	var told Notices
	for _, d := range diags {
		told = append(told, Notice{Warning: d.Severity == tfprotov6.DiagnosticSeverityWarning, Summary: d.Summary, Detail: d.Detail})
	}
	return told
}

// Errors returns those that are no warnings.
func (n Notices) Errors() Notices {
	var found Notices
	for _, d := range n {
		if !d.Warning {
			found = append(found, d)
		}
	}
	return found
}

// Failed reports whether there is an error.
func (n Notices) Failed() bool { return len(n.Errors()) > 0 }

// Err returns the errors as one, nil if there is none.
func (n Notices) Err() error {
	if !n.Failed() {
		return nil
	}
	return errors.New(n.Errors().String())
}

func (n Notices) String() string {
	parts := make([]string, len(n))
	for i, d := range n {
		parts[i] = d.String()
	}
	return strings.Join(parts, "\n---\n")
}
