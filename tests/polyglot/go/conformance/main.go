// The conformance kit's program in Go: openapi-generator's client, and what careful.go adds to it. With arguments, it
// runs the shared test vectors of those names instead.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing/iotest"
	"time"

	ccapi "example.com/ccapi"
)

type object = map[string]interface{}

// failed is an error with what the kit is to see of it.
type failed struct{ reported object }

func (err failed) Error() string { return fmt.Sprint(err.reported) }

func failure(status int, reason Reason) error {
	return failed{object{"status": status, "code": reason.Code, "message": reason.Message, "details": reason.Details}}
}

func saying(format string, values ...interface{}) error {
	return failed{object{"message": fmt.Sprintf(format, values...)}}
}

// reported is an error of the generated client, with what the response said.
func reported(response *http.Response, err error) error {
	var known *ccapi.GenericOpenAPIError
	if response == nil || response.StatusCode < 400 || !errors.As(err, &known) {
		return err
	}
	return failure(response.StatusCode, reasonIn(known.Body()))
}

type program struct {
	client *ccapi.APIClient
	once   *ccapi.APIClient // polls: when one fails, the next one follows anyway
	http   *http.Client
	ctx    context.Context
}

func newProgram() program {
	careful := &http.Client{Transport: Careful{}}
	configuration, once := ccapi.NewConfiguration(), ccapi.NewConfiguration()
	configuration.HTTPClient = careful
	for _, each := range []*ccapi.Configuration{configuration, once} {
		each.Servers = ccapi.ServerConfigurations{{URL: os.Getenv("CCAPI_BASE_URL")}}
	}
	ctx := context.WithValue(context.Background(), ccapi.ContextAccessToken, os.Getenv("CCAPI_API_KEY"))
	return program{ccapi.NewAPIClient(configuration), ccapi.NewAPIClient(once), careful, ctx}
}

func (our program) image() (object, error) {
	request := ccapi.NewLegacyImageGenerationRequest("a fox")
	found, response, err := our.client.ImagesAPI.CreateImage(our.ctx).LegacyImageGenerationRequest(*request).Execute()
	if err != nil {
		return nil, reported(response, err)
	}
	return object{"url": found.Data[0].GetUrl()}, nil
}

func (our program) job() (*ccapi.MultimodalImageGenerationResponse, error) {
	content := ccapi.NewMultimodalInputContent()
	content.SetText("a fox")
	request := ccapi.NewMultimodalImageGenerationRequest([]ccapi.MultimodalInputContent{*content})
	job, response, err := our.client.ImagesAPI.GenerateImages(our.ctx).MultimodalImageGenerationRequest(*request).Execute()
	if err != nil {
		return nil, reported(response, err)
	}
	due, id := time.Now(), job.Id
	for polls := 0; job.Status != "completed"; polls++ {
		if job.Status == "failed" || job.Status == "cancelled" {
			return nil, saying("the job is %s", job.Status)
		}
		estimate := -1.0
		if job.EstimatedTime.Get() != nil {
			estimate = float64(job.GetEstimatedTime()) - time.Since(due).Seconds()
		}
		sleep(NextPoll(polls, estimate, RetryAfter(response.Header)))
		var polled *ccapi.MultimodalImageGenerationResponse
		polled, response, err = our.once.ImagesAPI.GetImageJob(our.ctx, id).Execute()
		if err == nil {
			job, due = polled, time.Now()
		} else if response == nil || response.StatusCode < 500 && response.StatusCode != 429 {
			return nil, reported(response, err)
		}
	}
	return job, nil
}

func (our program) file() (object, error) {
	job, err := our.job()
	if err != nil {
		return nil, err
	}
	answer, err := http.Get(job.Data[0].GetUrl()) // without the key: it is for the API's own origin
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != 200 {
		return nil, failure(answer.StatusCode, Reason{})
	}
	picture, err := io.ReadAll(answer.Body)
	if err != nil {
		return nil, err
	}
	return object{"status": job.Status}, os.WriteFile(os.Getenv("CCAPI_FILE"), picture, 0o644)
}

// stream sends the request by itself: the generated client reads a response to its end before it gives any of it.
func (our program) stream() (object, error) {
	message := ccapi.NewChatMessage("user")
	message.SetContent("hello")
	chat := ccapi.NewChatCompletionRequest([]ccapi.ChatMessage{*message})
	chat.SetModel("sandbox/babble")
	chat.SetStream(true)
	body, err := json.Marshal(chat)
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequest("POST", os.Getenv("CCAPI_BASE_URL")+"/chat/completions", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Authorization", "Bearer "+os.Getenv("CCAPI_API_KEY"))
	request.Header.Set("Content-Type", "application/json")
	response, err := our.http.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.StatusCode != 200 {
		said, _ := io.ReadAll(response.Body)
		return nil, failure(response.StatusCode, reasonIn(said))
	}
	var text strings.Builder
	isWhole := false
	var wrong error
	err = Events(response.Body, func(event Event) bool {
		if event.Data == "[DONE]" {
			isWhole = true
			return false
		}
		if reason := reasonIn([]byte(event.Data)); event.Type == "error" || reason.Message != nil {
			wrong = failure(response.StatusCode, reason)
			return false
		}
		var chunk ccapi.ChatCompletionChunk
		if wrong = json.Unmarshal([]byte(event.Data), &chunk); wrong != nil {
			return false
		}
		for _, choice := range chunk.Choices {
			if choice.GetIndex() == 0 {
				text.WriteString(choice.Delta.GetContent())
				isWhole = isWhole || choice.GetFinishReason() != ""
			}
		}
		return true
	})
	if wrong != nil || err != nil {
		return nil, firstOf(wrong, err)
	}
	if !isWhole {
		return nil, saying("the stream broke off")
	}
	return object{"text": text.String()}, nil
}

func firstOf(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

func run() object {
	our := newProgram()
	var found object
	var err error
	switch task, _, _ := strings.Cut(os.Getenv("CCAPI_SCENARIO"), "/"); task {
	case "image":
		found, err = our.image()
	case "job":
		var job *ccapi.MultimodalImageGenerationResponse
		if job, err = our.job(); err == nil {
			found = object{"status": job.Status}
		}
	case "file":
		found, err = our.file()
	default:
		found, err = our.stream()
	}
	if err == nil {
		return found
	}
	var known failed
	if errors.As(err, &known) {
		return object{"error": known.reported}
	}
	return object{"error": object{"message": err.Error()}}
}

// --- The shared test vectors ----------------------------------------------------------------------------------------

type streamVector struct {
	Name   string
	Stream string
	Base64 []byte
	Events []Event
}

type retryVector struct {
	Name, Method, Failure string
	Status                int
	Headers               map[string]string
	Body                  envelope
	Attempt               int
	Elapsed, Chance       float64
	Quota                 float64
	Policy                json.RawMessage
	Wait                  *float64
}

func read(path string, vectors interface{}) {
	content, err := os.ReadFile(path)
	check(err)
	check(json.Unmarshal(content, vectors))
}

func runStreams(path string) int {
	var vectors []streamVector
	read(path, &vectors)
	for _, vector := range vectors {
		content := append([]byte(vector.Stream), vector.Base64...)
		for _, reader := range []io.Reader{bytes.NewReader(content), iotest.OneByteReader(bytes.NewReader(content))} {
			found := []Event{}
			check(Events(reader, func(event Event) bool {
				found = append(found, event)
				return true
			}))
			if !reflect.DeepEqual(found, vector.Events) {
				log.Fatalf("%s: %q, not %q", vector.Name, found, vector.Events)
			}
		}
	}
	return len(vectors)
}

func runRetries(path string) int {
	var vectors []retryVector
	read(path, &vectors)
	count := 0
	for _, vector := range vectors {
		if vector.Quota == 0 {
			continue // this client has no quota of retries
		}
		count++
		policy, header := Default, http.Header{}
		check(json.Unmarshal(vector.Policy, &policy))
		for name, value := range vector.Headers {
			header.Set(name, value)
		}
		isDelivered := !strings.Contains(vector.Failure, "connect") && !strings.Contains(vector.Failure, "pool")
		found := Decide(policy, Failure{
			vector.Method, vector.Status, isDelivered, header, vector.Body.Error, vector.Attempt, vector.Elapsed, vector.Chance,
		})
		if vector.Wait == nil && found >= 0 || vector.Wait != nil && found != *vector.Wait {
			log.Fatalf("%s: %v", vector.Name, found)
		}
	}
	return count
}

func main() {
	for _, path := range os.Args[1:] {
		runVectors := runRetries
		if filepath.Base(path) == "sse.json" {
			runVectors = runStreams
		}
		fmt.Println(runVectors(path), "vectors of", filepath.Base(path))
	}
	if len(os.Args) == 1 {
		check(json.NewEncoder(os.Stdout).Encode(run()))
	}
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
