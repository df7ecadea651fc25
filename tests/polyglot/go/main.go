// The calls of the polyglot session by openapi-generator's Go client.
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"time"

	ccapi "example.com/ccapi"
)

func main() {
	configuration := ccapi.NewConfiguration()
	configuration.Servers = ccapi.ServerConfigurations{{URL: os.Getenv("CCAPI_BASE_URL")}}
	client := ccapi.NewAPIClient(configuration)
	ctx := context.WithValue(context.Background(), ccapi.ContextAccessToken, os.Getenv("CCAPI_API_KEY"))

	models, _, err := client.CatalogAPI.ListModels(ctx).Execute()
	check(err)
	fmt.Println(len(models.Data), "models")

	text, parts := ccapi.NewChatMessage("user"), ccapi.NewChatMessage("user")
	text.SetContent("Name a river.")
	parts.SetContent([]ccapi.ChatContentPart{{Type: "text", Text: ccapi.PtrString("And a lake.")}})
	talk := ccapi.NewChatCompletionRequest([]ccapi.ChatMessage{*text, *parts})
	talk.SetModel("openai/gpt-4o-mini")
	chat, _, err := client.ChatAPI.CreateChatCompletion(ctx).ChatCompletionRequest(*talk).Execute()
	check(err)
	fmt.Println(chat.Choices[0].Message.GetContent())

	content := ccapi.NewMultimodalInputContent()
	content.SetText("a lighthouse in a storm")
	request := ccapi.NewMultimodalImageGenerationRequest([]ccapi.MultimodalInputContent{*content})
	request.SetModel("imaginepro/nano-banana")
	job, _, err := client.ImagesAPI.GenerateImages(ctx).MultimodalImageGenerationRequest(*request).
		IdempotencyKey("polyglot-go").Execute()
	check(err)
	for question := 0; question < 100 && job.Status != "completed"; question++ {
		time.Sleep(200 * time.Millisecond)
		job, _, err = client.ImagesAPI.GetImageJob(ctx, job.Id).Execute()
		check(err)
	}
	if job.Status != "completed" {
		log.Fatal("the job is ", job.Status)
	}

	answer, err := http.Get(job.Data[0].GetUrl())
	check(err)
	defer answer.Body.Close()
	picture, err := io.ReadAll(answer.Body)
	check(err)
	check(os.WriteFile(os.Args[1], picture, 0o644))
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
