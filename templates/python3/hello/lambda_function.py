def lambda_handler(event, context):
    # `lam invoke -d '{"name":"Ada"}'` passes the name itself; over HTTP the event describes the request: /{{name}}?name=Ada
    query = event.get("queryStringParameters", {})
    name = event.get("name", query.get("name", "world"))
    print("greeting", name)
    return {"message": f"Hello {name}!"}
