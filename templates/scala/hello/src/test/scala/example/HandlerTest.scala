package example

import java.util.Map as JavaMap
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test

class HandlerTest:
  @Test def greetsByName(): Unit =
    assertEquals(JavaMap.of("message", "Hello Ada!"), Handler().handleRequest(JavaMap.of("name", "Ada"), null))

  @Test def greetsByTheNameInTheQueryOfAnHttpRequest(): Unit =
    val event = JavaMap.of[String, Object]("rawPath", "/", "queryStringParameters", JavaMap.of("name", "Ada"))
    assertEquals(JavaMap.of("message", "Hello Ada!"), Handler().handleRequest(event, null))

  @Test def greetsTheWorldWhenNobodyIsNamed(): Unit =
    assertEquals(JavaMap.of("message", "Hello world!"), Handler().handleRequest(JavaMap.of(), null))
