//! A function that says hello.

use std::collections::HashMap;

use lambda_runtime::{run, service_fn, Error, LambdaEvent};
use serde::{Deserialize, Serialize};

/// What the function is called with: `lam invoke -d '{"name":"Ada"}'` passes the name itself, and an HTTP request for
/// /{{name}}?name=Ada has it in its query.
#[derive(Deserialize)]
struct Event {
    name: Option<String>,
    #[serde(rename = "queryStringParameters", default)]
    query: HashMap<String, String>,
}

/// What it answers.
#[derive(Serialize, Debug, PartialEq)]
struct Greeting {
    message: String,
}

async fn handle(mut event: LambdaEvent<Event>) -> Result<Greeting, Error> {
    let asked = event.payload.name.take();
    let name = asked
        .or_else(|| event.payload.query.remove("name"))
        .unwrap_or_else(|| "world".into());
    println!("greeting {name}");
    Ok(Greeting {
        message: format!("Hello {name}!"),
    })
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    run(service_fn(handle)).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use lambda_runtime::Context;

    async fn greeting(event: &str) -> String {
        let event = LambdaEvent::new(serde_json::from_str(event).unwrap(), Context::default());
        handle(event).await.unwrap().message
    }

    #[tokio::test]
    async fn greets_by_name() {
        assert_eq!(greeting(r#"{"name":"Ada"}"#).await, "Hello Ada!");
    }

    #[tokio::test]
    async fn greets_by_the_name_in_the_query_of_an_http_request() {
        assert_eq!(
            greeting(r#"{"rawPath":"/","queryStringParameters":{"name":"Ada"}}"#).await,
            "Hello Ada!"
        );
    }

    #[tokio::test]
    async fn greets_the_world_when_nobody_is_named() {
        assert_eq!(greeting("{}").await, "Hello world!");
    }
}
