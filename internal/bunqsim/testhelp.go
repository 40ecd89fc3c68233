package bunqsim

// TB is the part of testing.TB that the helpers below need; this package does not import testing,
// as a command uses it.
type TB interface {
	Helper()
	Cleanup(func())
	Fatalf(format string, args ...any)
}

// NewTest returns a simulator for a test, which fails if the configuration is wrong.
func NewTest(t TB, c Config) *Sim {
	t.Helper()
	s, err := New(c)
	if err != nil {
		t.Fatalf("bunqsim: %v", err)
	}
	return s
}

// NewServer returns a simulator that is served on 127.0.0.1 until the test ends.
func NewServer(t TB, c Config) (*Sim, *Server) {
	t.Helper()
	s := NewTest(t, c)
	srv, err := Start(s)
	if err != nil {
		t.Fatalf("bunqsim: %v", err)
	}
	t.Cleanup(func() { _ = srv.Close() })
	return s, srv
}
