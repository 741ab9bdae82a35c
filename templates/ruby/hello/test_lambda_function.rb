# frozen_string_literal: true

require 'minitest/autorun'
require_relative 'lambda_function'

class LambdaHandlerTest < Minitest::Test
  def greeting(event)
    lambda_handler(event: event, context: nil)[:message]
  end

  def test_greets_by_name
    assert_equal 'Hello Ada!', greeting({ 'name' => 'Ada' })
  end

  def test_greets_by_the_name_in_the_query_of_an_http_request
    assert_equal 'Hello Ada!', greeting({ 'rawPath' => '/', 'queryStringParameters' => { 'name' => 'Ada' } })
  end

  def test_greets_the_world_when_nobody_is_named
    assert_equal 'Hello world!', greeting({})
  end
end
