package example;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestHandler;
import java.util.Map;

/** Greets whom the event names. */
public class Handler implements RequestHandler<Map<String, Object>, Map<String, Object>> {
  @Override
  public Map<String, Object> handleRequest(Map<String, Object> event, Context context) {
    // `lam invoke -d '{"name":"Ada"}'` passes the name itself; over HTTP the event describes the request: /{{name}}?name=Ada
    String name = nameIn(event);
    System.out.println("greeting " + name);
    return Map.of("message", "Hello " + name + "!");
  }

  private static String nameIn(Map<String, Object> event) {
    if (event.get("name") instanceof String) return (String) event.get("name");
    if (!(event.get("queryStringParameters") instanceof Map)) return "world";
    Object name = ((Map<?, ?>) event.get("queryStringParameters")).get("name");
    return name == null ? "world" : name.toString();
  }
}
