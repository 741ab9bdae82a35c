// Command main is a function that says hello. It is started once per invocation, with the event on standard
// input, and prints the result. What it prints on standard error goes to the logs.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
)

// Event is what the function is called with: lam invoke -d '{"name":"Ada"}' passes the name itself, and an HTTP request
// for /{{name}}?name=Ada has it in its query.
type Event struct {
	Name  string            `json:"name"`
	Query map[string]string `json:"queryStringParameters"`
}

// Greeting is what it answers.
type Greeting struct {
	Message string `json:"message"`
}

func greet(in io.Reader, out, log io.Writer) error {
	var event Event
	if err := json.NewDecoder(in).Decode(&event); err != nil && err != io.EOF {
		return err
	}
	name := event.Name
	if name == "" {
		name = event.Query["name"]
	}
	if name == "" {
		name = "world"
	}
	fmt.Fprintln(log, "greeting", name)
	return json.NewEncoder(out).Encode(Greeting{Message: "Hello " + name + "!"})
}

func main() {
	if err := greet(os.Stdin, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
