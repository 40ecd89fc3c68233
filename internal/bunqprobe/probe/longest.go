package probe

import (
	"fmt"
	"net/http"
)

// farTooLong is more than any text field is thought to take.
const farTooLong = 1 << 14

// fits reads whether a text of a field was taken: 200, or an error that names the field.
func fits(x *exchange, field string) (bool, *exchange, error) {
	if x.says(http.StatusBadRequest, textInvalidValue(field)) {
		return false, x, nil
	}
	if x.status != http.StatusOK {
		return false, x, other(x)
	}
	_, err := x.id()
	return err == nil, x, err
}

// longest returns the most characters that take accepts. It tries guess first, which is right more
// often than not.
func longest(guess int, take func(n int) (bool, *exchange, error)) (*finding, error) {
	ok, x, err := take(farTooLong)
	if err != nil {
		return nil, err
	}
	if ok {
		return nil, unforeseen(x, fmt.Sprintf("a text of %d characters is taken", farTooLong))
	}
	low, high := 0, farTooLong // taken, and not taken
	lowX, highX := x, x
	for next := guess; high-low > 1; {
		ok, x, err := take(next)
		if err != nil {
			return nil, err
		}
		if ok {
			low, lowX = next, x
		} else {
			high, highX = next, x
		}
		if next == guess && ok {
			next = guess + 1
		} else {
			next = low + (high-low)/2
		}
	}
	if low == 0 {
		return nil, unforeseen(highX, "not even one character is taken")
	}
	return settled(low, lowX, highX)
}
