package example;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestHandler;
import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPEvent;
import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPResponse;
import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonParseException;
import java.io.IOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** Answers the requests of the routes in lam.yaml. */
public class Handler implements RequestHandler<APIGatewayV2HTTPEvent, APIGatewayV2HTTPResponse> {
  private static final Gson GSON = new Gson();

  /** One function per route of lam.yaml. Each gets the event (payload format 2.0) and gives a response. */
  private static final Map<String, Function<APIGatewayV2HTTPEvent, APIGatewayV2HTTPResponse>> ROUTES =
      Map.of(
          "GET /{{name}}/greetings/{name}", Handler::getGreeting,
          "POST /{{name}}/greetings", Handler::createGreeting);

  /** What the caller did wrong; its message goes into the answer. */
  static final class RequestException extends RuntimeException {
    final int statusCode;

    RequestException(int statusCode, String message) {
      super(message);
      this.statusCode = statusCode;
    }
  }

  @Override
  public APIGatewayV2HTTPResponse handleRequest(APIGatewayV2HTTPEvent event, Context context) {
    System.out.println(event.getRequestContext().getHttp().getMethod() + " " + event.getRawPath());
    try {
      var route = ROUTES.get(event.getRouteKey());
      if (route == null) throw new RequestException(404, "there is no " + event.getRawPath());
      return route.apply(event);
    } catch (RequestException error) {
      return response(error.statusCode, Map.of("error", error.getMessage()), Map.of());
    } catch (RuntimeException error) {
      error.printStackTrace();
      return response(500, Map.of("error", "internal error"), Map.of());
    }
  }

  private static APIGatewayV2HTTPResponse getGreeting(APIGatewayV2HTTPEvent event) {
    String name = event.getPathParameters().get("name");
    Map<String, String> query = Optional.ofNullable(event.getQueryStringParameters()).orElse(Map.of());
    return response(200, Map.of("message", query.getOrDefault("greeting", "Hello") + " " + name + "!"), Map.of());
  }

  private static APIGatewayV2HTTPResponse createGreeting(APIGatewayV2HTTPEvent event) {
    JsonElement body = bodyOf(event);
    JsonElement name = body.isJsonObject() ? body.getAsJsonObject().get("name") : null;
    boolean isText = name != null && name.isJsonPrimitive() && name.getAsJsonPrimitive().isString();
    if (!isText || name.getAsString().isEmpty()) throw new RequestException(400, "the body needs a text 'name'");
    String place = "/{{name}}/greetings/" + URLEncoder.encode(name.getAsString(), StandardCharsets.UTF_8).replace("+", "%20");
    return response(201, Map.of("message", "Hello " + name.getAsString() + "!"), Map.of("location", place));
  }

  private static JsonElement bodyOf(APIGatewayV2HTTPEvent event) {
    String body = Optional.ofNullable(event.getBody()).orElse("");
    try {
      String text = event.getIsBase64Encoded() ? new String(Base64.getDecoder().decode(body), StandardCharsets.UTF_8) : body;
      return GSON.getAdapter(JsonElement.class).fromJson(text);
    } catch (IOException | JsonParseException error) {
      throw new RequestException(400, "the body is not JSON");
    }
  }

  private static APIGatewayV2HTTPResponse response(int statusCode, Object value, Map<String, String> headers) {
    Map<String, String> all = new HashMap<>(headers);
    all.put("content-type", "application/json");
    return APIGatewayV2HTTPResponse.builder()
        .withStatusCode(statusCode)
        .withHeaders(all)
        .withBody(GSON.toJson(value))
        .build();
  }
}
