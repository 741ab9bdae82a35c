package example;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPEvent;
import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPResponse;
import com.google.gson.Gson;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class HandlerTest {
  private static final Gson GSON = new Gson();

  /** Calls the handler as the given route. */
  private static APIGatewayV2HTTPResponse call(String routeKey, Consumer<APIGatewayV2HTTPEvent> change) throws Exception {
    String example = Files.readString(Path.of("events/example.json"));
    APIGatewayV2HTTPEvent event = GSON.fromJson(example, APIGatewayV2HTTPEvent.class);
    event.setRouteKey(routeKey);
    change.accept(event);
    return new Handler().handleRequest(event, null);
  }

  private static Map<?, ?> body(APIGatewayV2HTTPResponse response) {
    return GSON.fromJson(response.getBody(), Map.class);
  }

  @Test
  void getGreetsByTheNameInThePath() throws Exception {
    APIGatewayV2HTTPResponse response = call("GET /{{name}}/greetings/{name}", event -> {});
    assertEquals(200, response.getStatusCode());
    assertEquals(Map.of("message", "Hello Ada!"), body(response));
  }

  @Test
  void getTakesTheGreetingFromTheQuery() throws Exception {
    APIGatewayV2HTTPResponse response =
        call("GET /{{name}}/greetings/{name}", event -> event.setQueryStringParameters(Map.of("greeting", "Ahoy")));
    assertEquals(Map.of("message", "Ahoy Ada!"), body(response));
  }

  @Test
  void postAnswers201WithThePlaceOfTheGreeting() throws Exception {
    APIGatewayV2HTTPResponse response =
        call("POST /{{name}}/greetings", event -> event.setBody("{\"name\":\"Grace Hopper\"}"));
    assertEquals(201, response.getStatusCode());
    assertEquals("/{{name}}/greetings/Grace%20Hopper", response.getHeaders().get("location"));
  }

  @Test
  void postAnswers400ToABodyThatIsNotWhatItNeeds() throws Exception {
    for (String body : new String[] {"nonsense{", "{}", "null", "[]", ""}) {
      assertEquals(400, call("POST /{{name}}/greetings", event -> event.setBody(body)).getStatusCode(), body);
    }
  }

  @Test
  void anotherRouteAnswers404WithAJsonError() throws Exception {
    APIGatewayV2HTTPResponse response = call("$default", event -> {});
    assertEquals(404, response.getStatusCode());
    assertEquals(Map.of("error", "there is no /{{name}}/greetings/Ada"), body(response));
  }
}
