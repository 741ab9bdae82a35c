# frozen_string_literal: true

require 'erb'
require 'json'

# What the caller did wrong; its message goes into the answer.
class RequestError < StandardError
  attr_reader :status_code

  def initialize(status_code, message)
    super(message)
    @status_code = status_code
  end
end

def get_greeting(event)
  greeting = event.dig('queryStringParameters', 'greeting') || 'Hello'
  response(200, { message: "#{greeting} #{event['pathParameters']['name']}!" })
end

def create_greeting(event)
  body = body_of(event)
  name = body['name'] if body.is_a?(Hash)
  raise RequestError.new(400, "the body needs a text 'name'") unless name.is_a?(String) && !name.empty?

  response(201, { message: "Hello #{name}!" }, 'location' => "/{{name}}/greetings/#{ERB::Util.url_encode(name)}")
end

# One method per route of lam.yaml. Each gets the event (payload format 2.0) and gives a response.
ROUTES = {
  'GET /{{name}}/greetings/{name}' => :get_greeting,
  'POST /{{name}}/greetings' => :create_greeting
}.freeze

def lambda_handler(event:, context:)
  puts "#{event.dig('requestContext', 'http', 'method')} #{event['rawPath']}"
  route = ROUTES[event['routeKey']]
  raise RequestError.new(404, "there is no #{event['rawPath']}") if route.nil?

  send(route, event)
rescue RequestError => e
  response(e.status_code, { error: e.message })
rescue StandardError => e
  warn e.full_message(highlight: false)
  response(500, { error: 'internal error' })
end

def body_of(event)
  text = event['body'].to_s
  JSON.parse(event['isBase64Encoded'] ? text.unpack1('m') : text)
rescue JSON::ParserError
  raise RequestError.new(400, 'the body is not JSON')
end

def response(status_code, value, headers = {})
  {
    'statusCode' => status_code,
    'headers' => { 'content-type' => 'application/json', **headers },
    'body' => JSON.generate(value)
  }
end
