// What a generated client lacks: when a request is retried, when a job is polled, and how an event stream is read.
// Times are in seconds. The decisions do nothing else, so that the shared test vectors can try them.
package main

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"math"
	mathrand "math/rand"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

type Policy struct {
	MaxAttempts         int     `json:"max_attempts"`
	BaseDelay           float64 `json:"base_delay"`
	MaxDelay            float64 `json:"max_delay"`
	MaxElapsed          float64 `json:"max_elapsed"`
	MaxRetryAfter       float64 `json:"max_retry_after"`
	RetryUnknownOutcome bool    `json:"retry_unknown_outcome"`
}

var Default = Policy{MaxAttempts: 4, BaseDelay: 0.5, MaxDelay: 8, MaxElapsed: 120, MaxRetryAfter: 60}

// Reason is what an error says of itself.
type Reason struct {
	Code    *string                `json:"code"`
	Type    *string                `json:"type"`
	Message *string                `json:"message"`
	Details map[string]interface{} `json:"details"`
}

type envelope struct {
	Error Reason `json:"error"`
}

// Failure is a failed attempt. Its status is 0 without a response.
type Failure struct {
	Method      string
	Status      int
	IsDelivered bool
	Header      http.Header
	Reason      Reason
	Attempt     int
	Elapsed     float64
	Chance      float64
}

var number = regexp.MustCompile(`^\s*[+-]?\d+(\.\d*)?\s*$`)
var spent = regexp.MustCompile(`quota|billing|balance|credit|payment`)

// RetryAfter is how long a response asks to wait; negative if it does not.
func RetryAfter(header http.Header) float64 {
	read := func(text string) (float64, bool) {
		value, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
		return math.Max(0, value), err == nil && number.MatchString(text)
	}
	if milliseconds, ok := read(header.Get("retry-after-ms")); ok {
		return milliseconds / 1000
	}
	if seconds, ok := read(header.Get("retry-after")); ok {
		return seconds
	}
	date, err := http.ParseTime(header.Get("retry-after"))
	if err != nil {
		return -1
	}
	now, err := http.ParseTime(header.Get("date"))
	if err != nil {
		now = time.Now()
	}
	return math.Max(0, date.Sub(now).Seconds())
}

// Decide gives how long to wait before a retry; negative for no retry.
func Decide(policy Policy, failure Failure) float64 {
	asked, status := RetryAfter(failure.Header), failure.Status
	if status == 429 && spent.MatchString(strings.ToLower(text(failure.Reason.Code)+" "+text(failure.Reason.Type))) {
		return -1
	}
	isRefused := status == 429 || status == 425 || status == 503 && asked >= 0 || status == 0 && !failure.IsDelivered
	isUnknown := status == 0 || status == 408 || status == 500 || status >= 502 && status <= 504 ||
		status >= 520 && status <= 529
	if !isRefused && (!isUnknown || failure.Method != "GET" && !policy.RetryUnknownOutcome) {
		return -1
	}
	if failure.Attempt >= policy.MaxAttempts || asked > policy.MaxRetryAfter {
		return -1
	}
	wait := asked
	if wait < 0 {
		wait = failure.Chance * math.Min(policy.MaxDelay, policy.BaseDelay*math.Pow(2, float64(failure.Attempt-1)))
	}
	if failure.Elapsed+wait > policy.MaxElapsed {
		return -1
	}
	return wait
}

func text(value *string) string {
	if value == nil {
		return ""
	}
	return *value
}

// Careful sends requests, and retries what can't be billed twice, with the same Idempotency-Key.
type Careful struct{}

func (Careful) RoundTrip(request *http.Request) (*http.Response, error) {
	var body []byte
	if request.Body != nil {
		var err error
		if body, err = io.ReadAll(request.Body); err != nil {
			return nil, err
		}
	}
	request = request.Clone(request.Context())
	if request.Method != "GET" && request.Header.Get("Idempotency-Key") == "" {
		key := make([]byte, 16)
		if _, err := rand.Read(key); err != nil {
			return nil, err
		}
		request.Header.Set("Idempotency-Key", hex.EncodeToString(key))
	}
	started := time.Now()
	for attempt := 1; ; attempt++ {
		request.Body = io.NopCloser(bytes.NewReader(body))
		response, err := http.DefaultTransport.RoundTrip(request)
		if err == nil && response.StatusCode < 400 {
			return response, nil
		}
		failure := Failure{Method: request.Method, Attempt: attempt, Chance: mathrand.Float64()}
		failure.Elapsed = time.Since(started).Seconds()
		if err != nil {
			var dial *net.OpError
			failure.IsDelivered = !(errors.As(err, &dial) && dial.Op == "dial")
		} else {
			said, readErr := io.ReadAll(response.Body)
			response.Body.Close()
			if readErr != nil {
				return nil, readErr
			}
			response.Body = io.NopCloser(bytes.NewReader(said))
			failure.Status, failure.Header, failure.Reason = response.StatusCode, response.Header, reasonIn(said)
		}
		wait := Decide(Default, failure)
		if wait < 0 {
			return response, err
		}
		sleep(wait)
	}
}

func reasonIn(body []byte) Reason {
	var found envelope
	_ = json.Unmarshal(body, &found) // a page of HTML has no reason
	return found.Error
}

func sleep(seconds float64) {
	time.Sleep(time.Duration(seconds * float64(time.Second)))
}

// NextPoll is how long to wait before a poll, by what the response before it said; negative where it said nothing.
func NextPoll(polls int, estimate, retryAfter float64) float64 {
	const longest = 15
	usual := math.Min(math.Pow(1.6, float64(polls)), longest)
	wait := usual
	if estimate > longest {
		wait = longest
	} else if estimate >= 0 {
		wait = math.Max(estimate, usual/4)
	}
	return math.Max(wait, math.Min(retryAfter, 4*longest))
}

type Event struct {
	Type string `json:"type"`
	Data string `json:"data"`
}

// Events calls a function with each server-sent event, as the HTML standard reads them, until it returns false.
func Events(stream io.Reader, take func(Event) bool) error {
	var lines lineReader
	var kind string
	var data []string
	isFirst := true
	lines.take = func(line string) bool {
		line = strings.ToValidUTF8(line, "\uFFFD")
		if isFirst {
			line, isFirst = strings.TrimPrefix(line, "\uFEFF"), false
		}
		if line == "" {
			event := Event{Type: kind, Data: strings.Join(data, "\n")}
			isEvent := len(data) > 0
			kind, data = "", nil
			if event.Type == "" {
				event.Type = "message"
			}
			return !isEvent || take(event)
		}
		field, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		if field == "data" {
			data = append(data, value)
		} else if field == "event" {
			kind = value
		}
		return true
	}
	piece := make([]byte, 4096)
	for {
		count, err := stream.Read(piece)
		if !lines.feed(piece[:count]) || err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// lineReader cuts bytes into lines, which end in CR, LF or CRLF, wherever the bytes are cut.
type lineReader struct {
	take    func(string) bool
	rest    []byte
	afterCR bool
}

func (reader *lineReader) feed(piece []byte) bool {
	for _, each := range piece {
		isRest := each == '\n' && reader.afterCR
		reader.afterCR = each == '\r'
		if isRest {
			continue
		}
		if each != '\n' && each != '\r' {
			reader.rest = append(reader.rest, each)
			continue
		}
		line := string(reader.rest)
		reader.rest = reader.rest[:0]
		if !reader.take(line) {
			return false
		}
	}
	return true
}
