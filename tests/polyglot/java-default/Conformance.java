// The conformance kit's program in Java: openapi-generator's client by default (library `okhttp-gson`), and nothing else.
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
    static final ApiClient CLIENT = new ApiClient();

    public static void main(String[] arguments) {
        CLIENT.setBasePath(System.getenv("CCAPI_BASE_URL"));
        CLIENT.setBearerToken(System.getenv("CCAPI_API_KEY"));
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

    static void call(String task, JsonObject printed) throws Exception {
        if (task.equals("image")) {
            var request = new LegacyImageGenerationRequest().prompt("a fox");
            printed.addProperty("url", new ImagesApi(CLIENT).createImage(request, null).getData().get(0).getUrl());
        } else if (task.equals("stream")) {
            printed.addProperty("text", stream());
        } else {
            var job = job();
            if (task.equals("file")) {
                try (var picture = URI.create(job.getData().get(0).getUrl()).toURL().openStream()) {
                    Files.copy(picture, Path.of(System.getenv("CCAPI_FILE")));
                }
            }
            printed.addProperty("status", job.getStatus());
        }
    }

    static MultimodalImageGenerationResponse job() throws Exception {
        var images = new ImagesApi(CLIENT);
        var job = images.generateImages(new MultimodalImageGenerationRequest()
            .addContentsItem(new MultimodalInputContent().text("a fox")), null);
        for (int poll = 0; poll < 25 && !job.getStatus().equals("completed"); poll++) {
            Thread.sleep(200);
            job = images.getImageJob(job.getId());
        }
        if (!job.getStatus().equals("completed")) throw new IllegalStateException("the job is " + job.getStatus());
        return job;
    }

    static String stream() throws Exception {
        var request = new ChatCompletionRequest().model("sandbox/babble").stream(true)
            .addMessagesItem(new ChatMessage().role("user").content("hello"));
        var text = new StringBuilder();
        try (var response = new ChatApi(CLIENT).createChatCompletionCall(request, null, null).execute()) {
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
