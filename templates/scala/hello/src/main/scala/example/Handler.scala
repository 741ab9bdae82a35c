package example

import com.amazonaws.services.lambda.runtime.{Context, RequestHandler}
import java.util.Map as JavaMap

/** Greets whom the event names. */
class Handler extends RequestHandler[JavaMap[String, Object], JavaMap[String, Object]]:
  override def handleRequest(event: JavaMap[String, Object], context: Context): JavaMap[String, Object] =
    // `lam invoke -d '{"name":"Ada"}'` passes the name itself; over HTTP the event describes the request: /{{name}}?name=Ada
    val inQuery = Option(event.get("queryStringParameters")).collect { case query: JavaMap[?, ?] => query.get("name") }
    val name = Option(event.get("name")).orElse(inQuery.flatMap(Option(_))).getOrElse("world")
    println(s"greeting $name")
    JavaMap.of("message", s"Hello $name!")
