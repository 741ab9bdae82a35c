require "./handler"
require "./runtime_api"

# Lines are to be in the log before the answer is sent.
STDOUT.sync = true

RuntimeApi.new(ENV["AWS_LAMBDA_RUNTIME_API"]).run do |event|
  handle(event)
end
