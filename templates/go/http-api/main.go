// Command bootstrap is an HTTP API that says hello.
package main

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"log"
	"net/http"
	"net/url"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-lambda-go/lambda"
)

type request = events.APIGatewayV2HTTPRequest
type response = events.APIGatewayV2HTTPResponse

// requestError is what the caller did wrong; its message goes into the answer.
type requestError struct {
	status  int
	message string
}

func (e requestError) Error() string { return e.message }

// One function per route of lam.yaml. Each gets the event (payload format 2.0) and gives a response.
var routes = map[string]func(request) (response, error){
	"GET /{{name}}/greetings/{name}": getGreeting,
	"POST /{{name}}/greetings":       createGreeting,
}

func getGreeting(r request) (response, error) {
	greeting := r.QueryStringParameters["greeting"]
	if greeting == "" {
		greeting = "Hello"
	}
	return respond(http.StatusOK, map[string]string{"message": greeting + " " + r.PathParameters["name"] + "!"})
}

func createGreeting(r request) (response, error) {
	var body struct {
		Name string `json:"name"`
	}
	if err := decode(r, &body); err != nil {
		return response{}, requestError{http.StatusBadRequest, "the body is not JSON with a text 'name'"}
	}
	if body.Name == "" {
		return response{}, requestError{http.StatusBadRequest, "the body needs a text 'name'"}
	}
	answer, err := respond(http.StatusCreated, map[string]string{"message": "Hello " + body.Name + "!"})
	answer.Headers["location"] = "/{{name}}/greetings/" + url.PathEscape(body.Name)
	return answer, err
}

func handle(_ context.Context, r request) (response, error) {
	log.Println(r.RequestContext.HTTP.Method, r.RawPath)
	route, known := routes[r.RouteKey]
	if !known {
		return respond(http.StatusNotFound, map[string]string{"error": "there is no " + r.RawPath})
	}
	answer, err := route(r)
	var fault requestError
	if errors.As(err, &fault) {
		return respond(fault.status, map[string]string{"error": fault.message})
	}
	return answer, err
}

func decode(r request, value any) error {
	body := []byte(r.Body)
	if r.IsBase64Encoded {
		decoded, err := base64.StdEncoding.DecodeString(r.Body)
		if err != nil {
			return err
		}
		body = decoded
	}
	return json.Unmarshal(body, value)
}

func respond(status int, value any) (response, error) {
	body, err := json.Marshal(value)
	headers := map[string]string{"content-type": "application/json"}
	return response{StatusCode: status, Headers: headers, Body: string(body)}, err
}

func main() {
	lambda.Start(handle)
}
