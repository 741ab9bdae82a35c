//! An HTTP API that says hello.

use std::collections::HashMap;

use lambda_runtime::{run, service_fn, Error, LambdaEvent};
use serde::{Deserialize, Serialize};
use serde_json::{json, Value};

/// What the function reads of an HTTP request, an event of payload format 2.0.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    route_key: String,
    raw_path: String,
    #[serde(default)]
    path_parameters: HashMap<String, String>,
    #[serde(default)]
    query_string_parameters: HashMap<String, String>,
    #[serde(default)]
    body: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Response {
    status_code: u16,
    headers: HashMap<&'static str, String>,
    body: String,
}

async fn handle(event: LambdaEvent<Request>) -> Result<Response, Error> {
    let request = event.payload;
    println!("{}", request.route_key);
    // One function per route of lam.yaml.
    Ok(match request.route_key.as_str() {
        "GET /{{name}}/greetings/{name}" => get_greeting(&request),
        "POST /{{name}}/greetings" => create_greeting(&request),
        _ => respond(
            404,
            json!({ "error": format!("there is no {}", request.raw_path) }),
        ),
    })
}

fn get_greeting(request: &Request) -> Response {
    let greeting = request
        .query_string_parameters
        .get("greeting")
        .map_or("Hello", String::as_str);
    let name = request
        .path_parameters
        .get("name")
        .map_or("", String::as_str);
    respond(200, json!({ "message": format!("{greeting} {name}!") }))
}

fn create_greeting(request: &Request) -> Response {
    let body: Value = match serde_json::from_str(&request.body) {
        Ok(body) => body,
        Err(_) => return respond(400, json!({ "error": "the body is not JSON" })),
    };
    let name = match body.get("name").and_then(Value::as_str) {
        Some(name) if !name.is_empty() => name,
        _ => return respond(400, json!({ "error": "the body needs a text 'name'" })),
    };
    let mut response = respond(201, json!({ "message": format!("Hello {name}!") }));
    response
        .headers
        .insert("location", format!("/{{name}}/greetings/{}", path_part(name)));
    response
}

/// Percent-encodes a text for use as one part of a path.
fn path_part(text: &str) -> String {
    text.bytes()
        .map(|byte| match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
                char::from(byte).to_string()
            }
            _ => format!("%{byte:02X}"),
        })
        .collect()
}

fn respond(status_code: u16, body: Value) -> Response {
    let headers = HashMap::from([("content-type", "application/json".to_string())]);
    Response {
        status_code,
        headers,
        body: body.to_string(),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    run(service_fn(handle)).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use lambda_runtime::Context;

    /// Calls the handler with the recorded event as another route; gives the response and its body.
    async fn call(route_key: &str, members: Value) -> (Response, Value) {
        let mut event: Value =
            serde_json::from_str(include_str!("../events/example.json")).unwrap();
        event["routeKey"] = route_key.into();
        for (name, value) in members.as_object().unwrap() {
            event[name] = value.clone();
        }
        let request = serde_json::from_value(event).unwrap();
        let response = handle(LambdaEvent::new(request, Context::default()))
            .await
            .unwrap();
        let body = serde_json::from_str(&response.body).unwrap();
        (response, body)
    }

    #[tokio::test]
    async fn get_greets_by_the_name_in_the_path() {
        let (response, body) = call("GET /{{name}}/greetings/{name}", json!({})).await;
        assert_eq!(
            (response.status_code, body),
            (200, json!({ "message": "Hello Ada!" }))
        );
    }

    #[tokio::test]
    async fn get_takes_the_greeting_from_the_query() {
        let members = json!({ "queryStringParameters": { "greeting": "Ahoy" } });
        let (_, body) = call("GET /{{name}}/greetings/{name}", members).await;
        assert_eq!(body, json!({ "message": "Ahoy Ada!" }));
    }

    #[tokio::test]
    async fn post_answers_201_with_the_place_of_the_greeting() {
        let (response, _) = call(
            "POST /{{name}}/greetings",
            json!({ "body": r#"{"name":"Grace Hopper"}"# }),
        )
        .await;
        assert_eq!(response.status_code, 201);
        assert_eq!(
            response.headers["location"],
            "/{{name}}/greetings/Grace%20Hopper"
        );
    }

    #[tokio::test]
    async fn post_answers_400_to_a_body_that_is_not_what_it_needs() {
        for body in ["nonsense", "{}", "null", "[]"] {
            let (response, _) = call("POST /{{name}}/greetings", json!({ "body": body })).await;
            assert_eq!(response.status_code, 400, "{body}");
        }
    }

    #[tokio::test]
    async fn another_route_answers_404_with_a_json_error() {
        let (response, body) = call("$default", json!({})).await;
        assert_eq!(response.status_code, 404);
        assert_eq!(body, json!({ "error": "there is no /{{name}}/greetings/Ada" }));
    }
}
