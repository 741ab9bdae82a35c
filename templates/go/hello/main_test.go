package main

import (
	"context"
	"testing"
)

func TestHandle(t *testing.T) {
	for name, want := range map[string]string{"Ada": "Hello Ada!", "": "Hello world!"} {
		got, err := handle(context.Background(), Event{Name: name})
		if err != nil {
			t.Fatal(err)
		}
		if got.Message != want {
			t.Errorf("handle(%q) = %q, want %q", name, got.Message, want)
		}
	}
}
