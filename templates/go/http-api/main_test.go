package main

import (
	"context"
	"encoding/json"
	"os"
	"testing"
)

// call calls the handler with the recorded event as another route; it gives the response and its body.
func call(t *testing.T, route string, change func(*request)) (response, map[string]string) {
	t.Helper()
	text, err := os.ReadFile("events/example.json")
	if err != nil {
		t.Fatal(err)
	}
	var event request
	if err := json.Unmarshal(text, &event); err != nil {
		t.Fatal(err)
	}
	event.RouteKey = route
	change(&event)
	answer, err := handle(context.Background(), event)
	if err != nil {
		t.Fatal(err)
	}
	var body map[string]string
	if err := json.Unmarshal([]byte(answer.Body), &body); err != nil {
		t.Fatal(err)
	}
	return answer, body
}

func TestGetGreetsByTheNameInThePath(t *testing.T) {
	answer, body := call(t, "GET /{{name}}/greetings/{name}", func(*request) {})
	if answer.StatusCode != 200 || body["message"] != "Hello Ada!" {
		t.Errorf("got %d %v", answer.StatusCode, body)
	}
}

func TestGetTakesTheGreetingFromTheQuery(t *testing.T) {
	_, body := call(t, "GET /{{name}}/greetings/{name}", func(r *request) {
		r.QueryStringParameters = map[string]string{"greeting": "Ahoy"}
	})
	if body["message"] != "Ahoy Ada!" {
		t.Errorf("got %v", body)
	}
}

func TestPostAnswersWithThePlaceOfTheGreeting(t *testing.T) {
	answer, _ := call(t, "POST /{{name}}/greetings", func(r *request) { r.Body = `{"name":"Grace Hopper"}` })
	if answer.StatusCode != 201 || answer.Headers["location"] != "/{{name}}/greetings/Grace%20Hopper" {
		t.Errorf("got %d %v", answer.StatusCode, answer.Headers)
	}
}

func TestPostRefusesABodyThatIsNotWhatItNeeds(t *testing.T) {
	for _, text := range []string{"nonsense", "{}", "null", "[]"} {
		answer, _ := call(t, "POST /{{name}}/greetings", func(r *request) { r.Body = text })
		if answer.StatusCode != 400 {
			t.Errorf("%s: got %d", text, answer.StatusCode)
		}
	}
}

func TestAnotherRouteAnswersWithAJSONError(t *testing.T) {
	answer, body := call(t, "$default", func(*request) {})
	if answer.StatusCode != 404 || body["error"] != "there is no /{{name}}/greetings/Ada" {
		t.Errorf("got %d %v", answer.StatusCode, body)
	}
}
