// The conformance kit's program in Java: openapi-generator's client by default, and what Careful adds to it.

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import okhttp3.Headers;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import org.openapitools.client.ApiClient;
import org.openapitools.client.ApiException;
import org.openapitools.client.api.ChatApi;
import org.openapitools.client.api.ImagesApi;
import org.openapitools.client.model.MultimodalImageGenerationResponse;

public class CarefulConformance extends Conformance {
    CarefulConformance() {
        super(new ApiClient(Careful.http()));
    }

    public static void main(String[] arguments) {
        new CarefulConformance().run();
    }

    @Override
    MultimodalImageGenerationResponse job() throws Exception {
        var images = new ImagesApi(client);
        var response = images.generateImagesWithHttpInfo(fox(), null);
        String id = response.getData().getId();
        for (int polls = 0; !response.getData().getStatus().equals("completed"); polls++) {
            String status = response.getData().getStatus();
            if (Set.of("failed", "cancelled").contains(status)) throw new IllegalStateException("the job is " + status);
            var asked = retryAfter(response.getHeaders());
            Careful.sleep(Careful.untilPoll(polls, response.getData().getEstimatedTime(), asked));
            response = images.getImageJobWithHttpInfo(id);
        }
        return response.getData();
    }

    static OptionalDouble retryAfter(Map<String, List<String>> headers) {
        var single = new Headers.Builder();
        headers.forEach((name, values) -> single.add(name, values.get(0)));
        return Retries.retryAfter(single.build());
    }

    @Override
    void save(String url, Path path) throws Exception {
        // Without the key: it is for the API's own origin.
        var request = new Request.Builder().url(url).build();
        try (var response = new OkHttpClient().newCall(request).execute()) {
            if (!response.isSuccessful()) throw new ApiException(response.code(), "no picture is there");
            // To its end, before there is a file: it may be cut.
            byte[] picture = response.body().bytes();
            Files.write(path, picture);
        }
    }

    @Override
    String stream() throws IOException, ApiException {
        // By a call of its own: the generated method reads a response to its end before it gives any of it.
        try (var response = new ChatApi(client).createChatCompletionCall(hello(), null, null).execute()) {
            String said = response.isSuccessful() ? null : response.body().string();
            if (said != null) throw new ApiException(response.code(), response.headers().toMultimap(), said);
            return Careful.textOf(new EventStream(response.body().byteStream()));
        }
    }
}
