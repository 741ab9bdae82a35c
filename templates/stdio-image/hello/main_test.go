package main

import (
	"bytes"
	"io"
	"strings"
	"testing"
)

func TestGreet(t *testing.T) {
	for event, want := range map[string]string{
		`{"name":"Ada"}`: `{"message":"Hello Ada!"}`,
		`{"queryStringParameters":{"name":"Grace"}}`: `{"message":"Hello Grace!"}`,
		`{}`: `{"message":"Hello world!"}`,
		``:   `{"message":"Hello world!"}`,
	} {
		var out bytes.Buffer
		if err := greet(strings.NewReader(event), &out, io.Discard); err != nil {
			t.Fatal(err)
		}
		if got := strings.TrimSpace(out.String()); got != want {
			t.Errorf("greet(%s) printed %s, want %s", event, got, want)
		}
	}
	if err := greet(strings.NewReader("{"), io.Discard, io.Discard); err == nil {
		t.Error("an event that is not JSON must be an error")
	}
}
