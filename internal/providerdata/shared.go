package providerdata

// Data keeps what the resources of a package share during a run. The type of a key belongs to
// that package, so that the keys of two packages differ.

// Share returns what is kept under key; if there is nothing yet, it keeps what create
// returns.
func Share[V any](d *Data, key any, create func() V) V {
	if v, known := Find[V](d, key); known {
		return v
	}
	v, _ := d.shared.LoadOrStore(key, create())
	return v.(V) //nolint:forcetypeassert // a key type goes with one type of values
}

// Keep keeps v under key, and reports whether there was something before.
func Keep[V any](d *Data, key any, v V) (again bool) {
	_, again = d.shared.Swap(key, v)
	return again
}

// Find returns what is kept under key, and false if there is nothing.
func Find[V any](d *Data, key any) (V, bool) {
	v, _ := d.shared.Load(key)
	found, ok := v.(V)
	return found, ok
}

// Take removes and returns what is kept under key, and false if there was nothing.
func Take[V any](d *Data, key any) (V, bool) {
	v, _ := d.shared.LoadAndDelete(key)
	found, ok := v.(V)
	return found, ok
}
