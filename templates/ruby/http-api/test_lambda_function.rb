# frozen_string_literal: true

require 'json'
require 'minitest/autorun'
require_relative 'lambda_function'

class LambdaHandlerTest < Minitest::Test
  EXAMPLE = JSON.parse(File.read("#{__dir__}/events/example.json"))

  # Calls the handler as the given route; gives the response and its body.
  def call(route_key, members = {})
    response = nil
    capture_io { response = lambda_handler(event: { **EXAMPLE, 'routeKey' => route_key, **members }, context: nil) }
    [response, JSON.parse(response['body'])]
  end

  def test_get_greets_by_the_name_in_the_path
    response, body = call('GET /{{name}}/greetings/{name}')
    assert_equal 200, response['statusCode']
    assert_equal({ 'message' => 'Hello Ada!' }, body)
  end

  def test_get_takes_the_greeting_from_the_query
    _, body = call('GET /{{name}}/greetings/{name}', 'queryStringParameters' => { 'greeting' => 'Ahoy' })
    assert_equal({ 'message' => 'Ahoy Ada!' }, body)
  end

  def test_post_answers_201_with_the_place_of_the_greeting
    response, = call('POST /{{name}}/greetings', 'body' => '{"name":"Grace Hopper"}')
    assert_equal 201, response['statusCode']
    assert_equal '/{{name}}/greetings/Grace%20Hopper', response['headers']['location']
  end

  def test_post_answers_400_to_a_body_that_is_not_what_it_needs
    ['nonsense', '{}', 'null', '[]'].each do |body|
      response, = call('POST /{{name}}/greetings', 'body' => body)
      assert_equal 400, response['statusCode'], body
    end
  end

  def test_another_route_answers_404_with_a_json_error
    response, body = call('$default')
    assert_equal 404, response['statusCode']
    assert_equal({ 'error' => 'there is no /{{name}}/greetings/Ada' }, body)
  end
end
