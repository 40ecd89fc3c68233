package ratelimit_test

import (
	"context"
	"testing"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/ratelimit"
)

func BenchmarkAcquire(b *testing.B) {
	for name, table := range map[string]ratelimit.Table{
		"room in the window": fixed(1<<30, time.Nanosecond),
		"no limit known":     nil,
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			s := ratelimit.New(table)
			for b.Loop() {
				slot, err := s.Acquire(b.Context(), key)
				if err != nil {
					b.Fatal(err)
				}
				slot.Done()
			}
		})
	}
}

func BenchmarkAcquire_contended(b *testing.B) {
	b.ReportAllocs()
	s := ratelimit.New(fixed(1, time.Nanosecond))
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			slot, err := s.Acquire(context.Background(), key)
			if err != nil {
				b.Error(err)
				return
			}
			slot.Done()
		}
	})
}

// A cancelled caller behind a full window and a long queue.
func BenchmarkAcquire_cancelled(b *testing.B) {
	b.ReportAllocs()
	s := ratelimit.New(fixed(1, time.Hour))
	if _, err := s.Acquire(b.Context(), key); err != nil {
		b.Fatal(err)
	}
	for range 1000 {
		go func() { _, _ = s.Acquire(b.Context(), key) }()
	}
	for b.Loop() {
		ctx, cancel := context.WithTimeout(b.Context(), time.Microsecond)
		if _, err := s.Acquire(ctx, key); err == nil {
			b.Fatal("a request went through a full window")
		}
		cancel()
	}
}
