package example;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Map;
import org.junit.jupiter.api.Test;

class HandlerTest {
  @Test
  void greetsByName() {
    assertEquals(Map.of("message", "Hello Ada!"), new Handler().handleRequest(Map.of("name", "Ada"), null));
  }

  @Test
  void greetsByTheNameInTheQueryOfAnHttpRequest() {
    Map<String, Object> event = Map.of("rawPath", "/", "queryStringParameters", Map.of("name", "Ada"));
    assertEquals(Map.of("message", "Hello Ada!"), new Handler().handleRequest(event, null));
  }

  @Test
  void greetsTheWorldWhenNobodyIsNamed() {
    assertEquals(Map.of("message", "Hello world!"), new Handler().handleRequest(Map.of(), null));
  }
}
