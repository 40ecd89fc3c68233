package providerdata

import "testing"

type (
	firstKey  string
	secondKey string
)

// What one resource keeps, another one of the run finds, and no other kind.
func TestShared_isPerRunKeyAndKind(t *testing.T) {
	t.Parallel()
	d := &Data{}
	made := 0
	create := func() *int { made++; return new(int) }
	one := Share(d, firstKey("a"), create)
	if again := Share(d, firstKey("a"), create); again != one || made != 1 {
		t.Errorf("made %d times, the same: %v", made, again == one)
	}
	for name, other := range map[string]*int{
		"another key":  Share(d, firstKey("b"), create),
		"another kind": Share(d, secondKey("a"), create),
		"another run":  Share(&Data{}, firstKey("a"), create),
	} {
		if other == one {
			t.Errorf("%s: got the same", name)
		}
	}
}

func TestShared_canBeTakenOnce(t *testing.T) {
	t.Parallel()
	d := &Data{}
	if got, ok := Find[string](d, firstKey("a")); ok || got != "" {
		t.Errorf("found %q where there is nothing", got)
	}
	if Keep(d, firstKey("a"), "one") || !Keep(d, firstKey("a"), "two") {
		t.Error("the first was there before, or the second was not")
	}
	if got, ok := Find[string](d, firstKey("a")); !ok || got != "two" {
		t.Errorf("found %q, %v", got, ok)
	}
	if got, ok := Take[string](d, firstKey("a")); !ok || got != "two" {
		t.Errorf("took %q, %v", got, ok)
	}
	if got, ok := Take[string](d, firstKey("a")); ok || got != "" {
		t.Errorf("took %q twice", got)
	}
}
