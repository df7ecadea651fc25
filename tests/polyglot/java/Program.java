// The calls of the polyglot session by openapi-generator's Java client (library `native`).

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.openapitools.client.ApiClient;
import org.openapitools.client.api.CatalogApi;
import org.openapitools.client.api.ChatApi;
import org.openapitools.client.api.ImagesApi;
import org.openapitools.client.model.ChatCompletionRequest;
import org.openapitools.client.model.ChatContentPart;
import org.openapitools.client.model.ChatMessage;
import org.openapitools.client.model.MultimodalImageGenerationRequest;
import org.openapitools.client.model.MultimodalInputContent;

public class Program {
    public static void main(String[] arguments) throws Exception {
        // Not HTTP/2, which would be proposed with the first request: the sandbox speaks HTTP/1.1 and loses that body.
        var http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1);
        ApiClient client = new ApiClient();
        client.setHttpClientBuilder(http);
        client.updateBaseUri(System.getenv("CCAPI_BASE_URL"));
        String bearer = "Bearer " + System.getenv("CCAPI_API_KEY");
        client.setRequestInterceptor(request -> request.header("Authorization", bearer));
        System.out.println(new CatalogApi(client).listModels(null, null, null, null, null, null).getData().size() + " models");

        var request = new ChatCompletionRequest()
            .model("openai/gpt-4o-mini")
            .addMessagesItem(new ChatMessage().role("user").content("Name a river."))
            .addMessagesItem(new ChatMessage().role("user")
                .content(List.of(new ChatContentPart().type("text").text("And a lake."))));
        var chat = new ChatApi(client).createChatCompletion(request, null);
        System.out.println(chat.getChoices().get(0).getMessage().getContent());

        ImagesApi images = new ImagesApi(client);
        var job = images.generateImages(new MultimodalImageGenerationRequest()
            .model("imaginepro/nano-banana")
            .addContentsItem(new MultimodalInputContent().text("a lighthouse in a storm")), "polyglot-java-native");
        for (int question = 0; question < 100 && !job.getStatus().equals("completed"); question++) {
            Thread.sleep(200);
            job = images.getImageJob(job.getId());
        }
        if (!job.getStatus().equals("completed")) throw new IllegalStateException("the job is " + job.getStatus());
        var picture = HttpRequest.newBuilder(URI.create(job.getData().get(0).getUrl())).build();
        Files.write(Path.of(arguments[0]), http.build().send(picture, HttpResponse.BodyHandlers.ofByteArray()).body());
    }
}
