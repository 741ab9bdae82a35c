require "json"
require "socket"

# The Runtime API of AWS Lambda, over one connection of plain HTTP.
class RuntimeApi
  ROOT = "/2018-06-01/runtime"

  def initialize(@address : String)
    host, port = @address.split(':')
    @socket = TCPSocket.new(host, port.to_i)
    # Each request is one write.
    @socket.sync = false
  end

  # Takes events one at a time, for ever; answers each with what the block returns, as JSON, or with its error.
  def run(&)
    loop do
      headers, body = request("GET", "/invocation/next")
      id = headers["lambda-runtime-aws-request-id"]
      begin
        answer = yield(JSON.parse(body)).to_json
      rescue error
        request("POST", "/invocation/#{id}/error", document(error))
      else
        request("POST", "/invocation/#{id}/response", answer)
      end
    end
  end

  private def document(error : Exception) : String
    {errorType: error.class.name, errorMessage: error.message, stackTrace: error.backtrace? || [] of String}.to_json
  end

  # Sends a request; returns the headers of its response, with names in lower case, and its body.
  private def request(method : String, path : String, body = "") : {Hash(String, String), String}
    @socket << method << ' ' << ROOT << path << " HTTP/1.1\r\nHost: " << @address
    @socket << "\r\nContent-Type: application/json\r\nContent-Length: " << body.bytesize << "\r\n\r\n" << body
    @socket.flush
    status = line.split(' ')[1]
    headers = {} of String => String
    until (header = line).empty?
      name, value = header.split(':', 2)
      headers[name.downcase] = value.strip
    end
    answer = @socket.read_string(headers["content-length"].to_i)
    raise "#{method} #{path} was answered #{status}: #{answer}" unless status.starts_with?('2')
    {headers, answer}
  end

  private def line : String
    @socket.gets || raise "the Runtime API closed the connection"
  end
end
