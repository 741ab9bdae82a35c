package example

import com.amazonaws.services.lambda.runtime.Context
import com.amazonaws.services.lambda.runtime.RequestHandler

/** Greets whom the event names. */
class Handler : RequestHandler<Map<String, Any?>, Map<String, Any?>> {
  override fun handleRequest(event: Map<String, Any?>, context: Context?): Map<String, Any?> {
    // `lam invoke -d '{"name":"Ada"}'` passes the name itself; over HTTP the event describes the request: /{{name}}?name=Ada
    val query = event["queryStringParameters"] as? Map<*, *>
    val name = event["name"] ?: query?.get("name") ?: "world"
    println("greeting $name")
    return mapOf("message" to "Hello $name!")
  }
}
