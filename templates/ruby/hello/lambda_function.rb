# frozen_string_literal: true

def lambda_handler(event:, context:)
  # `lam invoke -d '{"name":"Ada"}'` passes the name itself; over HTTP the event describes the request: /{{name}}?name=Ada
  name = event['name'] || event.dig('queryStringParameters', 'name') || 'world'
  puts "greeting #{name}"
  { message: "Hello #{name}!" }
end
