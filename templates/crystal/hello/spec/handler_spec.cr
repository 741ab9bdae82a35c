require "spec"
require "../src/handler"

describe "handle" do
  it "greets by name" do
    handle(JSON.parse(%({"name":"Ada"}))).should eq({message: "Hello Ada!"})
  end

  it "greets by the name in the query of an HTTP request" do
    handle(JSON.parse(%({"rawPath":"/","queryStringParameters":{"name":"Ada"}}))).should eq({message: "Hello Ada!"})
  end

  it "greets the world when nobody is named" do
    handle(JSON.parse("{}")).should eq({message: "Hello world!"})
  end
end
