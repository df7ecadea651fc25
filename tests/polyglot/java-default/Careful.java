// What a generated client lacks, beside Retries and EventStream: it retries requests, waits before a poll as long as the
// service says, and tells a whole stream from one that broke off. Times are in seconds.

import com.google.gson.Gson;
import com.google.gson.JsonParseException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.util.OptionalDouble;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import okhttp3.Headers;
import okhttp3.Interceptor;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;
import org.openapitools.client.ApiException;
import org.openapitools.client.model.ChatCompletionChunk;

final class Careful implements Interceptor {
    record ErrorBody(Retries.Reason error) {}

    private static final Retries.Policy POLICY = new Retries.Policy();
    private static final double LONGEST = 15;

    static OkHttpClient http() {
        // OkHttp's own retries would repeat a POST whose connection broke.
        return new OkHttpClient.Builder().retryOnConnectionFailure(false).addInterceptor(new Careful()).build();
    }

    /** Sends a request, and retries what can't be billed twice, with the same Idempotency-Key. */
    @Override
    public Response intercept(Chain chain) throws IOException {
        Request request = chain.request();
        if (!request.method().equals("GET") && request.header("Idempotency-Key") == null) {
            request = request.newBuilder().header("Idempotency-Key", UUID.randomUUID().toString()).build();
        }
        long started = System.nanoTime();
        for (int attempt = 1; ; attempt++) {
            Response response = null;
            IOException thrown = null;
            try {
                response = chain.proceed(request);
                if (response.isSuccessful()) return response;
            } catch (IOException exception) {
                thrown = exception;
            }
            OptionalDouble wait = Retries.decide(POLICY, new Retries.Failure(
                request.method(),
                response == null ? 0 : response.code(),
                !(thrown instanceof ConnectException || thrown instanceof UnknownHostException),
                response == null ? Headers.of() : response.headers(),
                response == null ? Retries.Reason.NONE : reasonIn(response.peekBody(1 << 20).string()),
                attempt,
                (System.nanoTime() - started) / 1e9,
                ThreadLocalRandom.current().nextDouble()));
            if (wait.isEmpty() && response == null) throw thrown;
            if (wait.isEmpty()) return response;
            if (response != null) response.close();
            sleep(wait.getAsDouble());
        }
    }

    /** What an error says of itself; nothing, if the body is a page of HTML. */
    static Retries.Reason reasonIn(String body) {
        try {
            var found = new Gson().fromJson(body, ErrorBody.class);
            return found == null || found.error() == null ? Retries.Reason.NONE : found.error();
        } catch (JsonParseException notOurs) {
            return Retries.Reason.NONE;
        }
    }

    /** How long to wait before a poll, by the estimate (or null) and the Retry-After of the response before it. */
    static double untilPoll(int polls, Number estimate, OptionalDouble retryAfter) {
        double usual = Math.min(Math.pow(1.6, polls), LONGEST);
        double wait = estimate == null ? usual : Math.min(Math.max(estimate.doubleValue(), usual / 4), LONGEST);
        return Math.max(wait, Math.min(retryAfter.orElse(0), 4 * LONGEST));
    }

    /** The text of the first answer, from a stream that is whole. */
    static String textOf(EventStream events) throws IOException, ApiException {
        var text = new StringBuilder();
        boolean isWhole = false;
        for (var event = events.next(); event != null; event = events.next()) {
            if (event.data().equals("[DONE]")) return text.toString();
            if (event.type().equals("error") || reasonIn(event.data()) != Retries.Reason.NONE) {
                throw new ApiException("an error in the stream", 200, null, event.data());
            }
            for (var choice : ChatCompletionChunk.fromJson(event.data()).getChoices()) {
                if (choice.getIndex() != 0) continue;
                String piece = choice.getDelta().getContent();
                if (piece != null) text.append(piece);
                isWhole = isWhole || choice.getFinishReason() != null;
            }
        }
        if (!isWhole) throw new IOException("the stream broke off");
        return text.toString();
    }

    static void sleep(double seconds) throws IOException {
        try {
            Thread.sleep(Math.round(seconds * 1000));
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IOException(interrupted);
        }
    }
}
