// The calls of the polyglot session by openapi-generator's Java client as it is by default (library `okhttp-gson`).

import java.net.URI;
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
        ApiClient client = new ApiClient();
        client.setBasePath(System.getenv("CCAPI_BASE_URL"));
        client.setBearerToken(System.getenv("CCAPI_API_KEY"));
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
            .addContentsItem(new MultimodalInputContent().text("a lighthouse in a storm")), "polyglot-java");
        for (int question = 0; question < 100 && !job.getStatus().equals("completed"); question++) {
            Thread.sleep(200);
            job = images.getImageJob(job.getId());
        }
        if (!job.getStatus().equals("completed")) throw new IllegalStateException("the job is " + job.getStatus());
        try (var picture = URI.create(job.getData().get(0).getUrl()).toURL().openStream()) {
            Files.write(Path.of(arguments[0]), picture.readAllBytes());
        }
        // OkHttp keeps threads for a minute.
        System.exit(0);
    }
}
