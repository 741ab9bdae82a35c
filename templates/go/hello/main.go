// Command bootstrap is a function that says hello.
package main

import (
	"context"
	"log"

	"github.com/aws/aws-lambda-go/lambda"
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

func handle(_ context.Context, event Event) (Greeting, error) {
	name := event.Name
	if name == "" {
		name = event.Query["name"]
	}
	if name == "" {
		name = "world"
	}
	log.Println("greeting", name)
	return Greeting{Message: "Hello " + name + "!"}, nil
}

func main() {
	lambda.Start(handle)
}
