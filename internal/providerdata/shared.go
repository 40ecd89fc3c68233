package providerdata

// What the resources of one package share for a run is kept in Data under keys of a
// type of that package, so that no two of them meet.

// Share returns what is kept under key, and keeps what create makes where there is
// nothing yet.
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

// Find returns what is kept under key; false where there is nothing.
func Find[V any](d *Data, key any) (V, bool) {
	v, _ := d.shared.Load(key)
	found, ok := v.(V)
	return found, ok
}

// Take returns what is kept under key and keeps it no more; false where there was nothing.
func Take[V any](d *Data, key any) (V, bool) {
	v, _ := d.shared.LoadAndDelete(key)
	found, ok := v.(V)
	return found, ok
}
