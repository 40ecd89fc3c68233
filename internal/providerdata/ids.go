package providerdata

import (
	"regexp"
	"strconv"
)

// IDPattern matches an ID as bunq assigns them: a positive whole number.
var IDPattern = regexp.MustCompile(`^[1-9][0-9]{0,18}$`)

// FormatID returns an ID of bunq in the form of the state.
func FormatID(id int64) string { return strconv.FormatInt(id, 10) }

// ParseID reads an ID that FormatID wrote.
func ParseID(text string) (int64, error) { return strconv.ParseInt(text, 10, 64) }
