require "json"

# Greets by the name in an event such as {"name":"Ada"}, or in the query of an HTTP request: /{{name}}?name=Ada
def handle(event : JSON::Any)
  name = event["name"]? || event.dig?("queryStringParameters", "name") || "world"
  puts "greeting #{name}"
  {message: "Hello #{name}!"}
end
