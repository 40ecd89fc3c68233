package main

import (
	"bufio"
	"bytes"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// account is what the provider's log says of the calls of one step.
type account struct {
	calls   map[string]int
	waited  time.Duration
	retries int
}

var (
	callsField   = regexp.MustCompile(`\bcalls="?map\[([^\]]*)\]`)
	oneCall      = regexp.MustCompile(`([A-Z]+ [^ :]+):(\d+)`)
	waitedField  = regexp.MustCompile(`\bwaited=([0-9a-zµ.]+)`)
	retriesField = regexp.MustCompile(`\bretries=(\d+)`)
)

// accountOf adds up the lines with which the provider's operations end.
func accountOf(log []byte) account {
	a := account{calls: map[string]int{}}
	lines := bufio.NewScanner(bytes.NewReader(log))
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		line := lines.Text()
		if !strings.Contains(line, ": calls to bunq: ") {
			continue
		}
		if m := callsField.FindStringSubmatch(line); m != nil {
			for _, c := range oneCall.FindAllStringSubmatch(m[1], -1) {
				n, _ := strconv.Atoi(c[2]) // digits only
				a.calls[c[1]] += n
			}
		}
		if m := waitedField.FindStringSubmatch(line); m != nil {
			d, _ := time.ParseDuration(m[1])
			a.waited += d
		}
		if m := retriesField.FindStringSubmatch(line); m != nil {
			n, _ := strconv.Atoi(m[1])
			a.retries += n
		}
	}
	return a
}

func (a account) total() int {
	n := 0
	for _, k := range a.calls {
		n += k
	}
	return n
}

// list names the calls, each with its number.
func (a account) list() []string {
	var out []string
	for _, name := range slices.Sorted(maps.Keys(a.calls)) {
		out = append(out, name+" × "+strconv.Itoa(a.calls[name]))
	}
	return out
}
