package example

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test

class HandlerTest {
  @Test
  fun greetsByName() {
    assertEquals(mapOf("message" to "Hello Ada!"), Handler().handleRequest(mapOf("name" to "Ada"), null))
  }

  @Test
  fun greetsByTheNameInTheQueryOfAnHttpRequest() {
    val event = mapOf("rawPath" to "/", "queryStringParameters" to mapOf("name" to "Ada"))
    assertEquals(mapOf("message" to "Hello Ada!"), Handler().handleRequest(event, null))
  }

  @Test
  fun greetsTheWorldWhenNobodyIsNamed() {
    assertEquals(mapOf("message" to "Hello world!"), Handler().handleRequest(mapOf(), null))
  }
}
