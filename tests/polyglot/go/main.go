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

	film(client, ctx)
}

func film(client *ccapi.APIClient, ctx context.Context) {
	request := ccapi.NewVideoGenerationRequest("a lighthouse in a storm")
	request.SetDuration(1)
	task, _, err := client.VideoAPI.GenerateVideo(ctx).VideoGenerationRequest(*request).
		IdempotencyKey("polyglot-go-video").Execute()
	check(err)
	job, _, err := client.VideoAPI.GetVideoJob(ctx, task.TaskId).Execute()
	check(err)
	for question := 0; question < 100 && job.Status != "completed"; question++ {
		time.Sleep(200 * time.Millisecond)
		job, _, err = client.VideoAPI.GetVideoJob(ctx, task.TaskId).Execute()
		check(err)
	}
	metadata := job.GetMetadata()
	if job.Status != "completed" || job.GetProgress() != 100 {
		log.Fatal("the video is ", job.Status, " at ", job.GetProgress())
	}
	answer, err := http.Get(metadata.GetUrl())
	check(err)
	defer answer.Body.Close()
	video, err := io.ReadAll(answer.Body)
	check(err)
	if string(video[4:8]) != "ftyp" {
		log.Fatal("the file is no MP4")
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
