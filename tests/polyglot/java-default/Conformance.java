// The conformance kit's program in Java: openapi-generator's client by default (library `okhttp-gson`), nothing added.
// It polls five times a second and takes what comes. What the kit says of it is what such a client lacks.

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import org.openapitools.client.ApiClient;
import org.openapitools.client.ApiException;
import org.openapitools.client.api.ChatApi;
import org.openapitools.client.api.ImagesApi;
import org.openapitools.client.model.ChatCompletionRequest;
import org.openapitools.client.model.ChatMessage;
import org.openapitools.client.model.LegacyImageGenerationRequest;
import org.openapitools.client.model.MultimodalImageGenerationRequest;
import org.openapitools.client.model.MultimodalImageGenerationResponse;
import org.openapitools.client.model.MultimodalInputContent;

public class Conformance {
    final ApiClient client;

    Conformance(ApiClient client) {
        this.client = client;
        client.setBasePath(System.getenv("CCAPI_BASE_URL"));
        client.setBearerToken(System.getenv("CCAPI_API_KEY"));
    }

    public static void main(String[] arguments) {
        new Conformance(new ApiClient()).run();
    }

    void run() {
        JsonObject printed = new JsonObject();
        try {
            call(System.getenv("CCAPI_SCENARIO").split("/")[0], printed);
        } catch (Exception exception) {
            printed.add("error", reported(exception));
        }
        System.out.println(printed);
        // OkHttp keeps threads for a minute.
        System.exit(0);
    }

    void call(String task, JsonObject printed) throws Exception {
        if (task.equals("image")) {
            var request = new LegacyImageGenerationRequest().prompt("a fox");
            printed.addProperty("url", new ImagesApi(client).createImage(request, null).getData().get(0).getUrl());
        } else if (task.equals("stream")) {
            printed.addProperty("text", stream());
        } else {
            var job = job();
            if (task.equals("file")) save(job.getData().get(0).getUrl(), Path.of(System.getenv("CCAPI_FILE")));
            printed.addProperty("status", job.getStatus());
        }
    }

    static MultimodalImageGenerationRequest fox() {
        return new MultimodalImageGenerationRequest().addContentsItem(new MultimodalInputContent().text("a fox"));
    }

    static ChatCompletionRequest hello() {
        return new ChatCompletionRequest().model("sandbox/babble").stream(true)
            .addMessagesItem(new ChatMessage().role("user").content("hello"));
    }

    MultimodalImageGenerationResponse job() throws Exception {
        var images = new ImagesApi(client);
        var job = images.generateImages(fox(), null);
        for (int poll = 0; poll < 25 && !job.getStatus().equals("completed"); poll++) {
            Thread.sleep(200);
            job = images.getImageJob(job.getId());
        }
        if (!job.getStatus().equals("completed")) throw new IllegalStateException("the job is " + job.getStatus());
        return job;
    }

    void save(String url, Path path) throws Exception {
        try (var picture = URI.create(url).toURL().openStream()) {
            Files.copy(picture, path);
        }
    }

    String stream() throws Exception {
        var text = new StringBuilder();
        try (var response = new ChatApi(client).createChatCompletionCall(hello(), null, null).execute()) {
            for (var source = response.body().source(); !source.exhausted(); ) {
                String line = source.readUtf8Line();
                if (!line.startsWith("data: {")) continue;
                var choices = JsonParser.parseString(line.substring(6)).getAsJsonObject().getAsJsonArray("choices");
                if (choices == null || choices.size() == 0) continue;
                var content = choices.get(0).getAsJsonObject().getAsJsonObject("delta").get("content");
                if (content != null && !content.isJsonNull()) text.append(content.getAsString());
            }
        }
        return text.toString();
    }

    static JsonObject reported(Exception exception) {
        JsonObject error = new JsonObject();
        error.addProperty("message", exception.toString());
        if (exception instanceof ApiException known && known.getCode() != 0) {
            error.addProperty("status", known.getCode());
            try {
                JsonObject said = JsonParser.parseString(known.getResponseBody()).getAsJsonObject().getAsJsonObject("error");
                for (String name : new String[] {"code", "message", "details"}) error.add(name, said.get(name));
            } catch (RuntimeException notJson) {
                return error;
            }
        }
        return error;
    }
}
