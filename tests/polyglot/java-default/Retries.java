// Whether a failed request is retried, and after how long. Times are in seconds.
// The decision does no I/O and reads no random number, so that the shared test vectors can try it.

import com.google.gson.JsonElement;
import java.time.Duration;
import java.time.Instant;
import java.util.OptionalDouble;
import java.util.regex.Pattern;
import okhttp3.Headers;

final class Retries {
    /** How often and how long to retry, and whether to retry a POST that may have been executed. */
    static final class Policy {
        int maxAttempts = 4;
        double baseDelay = 0.5;
        double maxDelay = 8;
        double maxElapsed = 120;
        double maxRetryAfter = 60;
        boolean retryUnknownOutcome = false;
    }

    /** What an error says of itself. Any part may be null. */
    record Reason(String code, String type, String message, JsonElement details) {
        static final Reason NONE = new Reason(null, null, null, null);
    }

    /**
     * A failed attempt.
     *
     * @param status 0 without a response
     * @param isDelivered whether the service may have received the request
     * @param attempt 1 for the first
     * @param elapsed the time since the first attempt started
     * @param chance a random number from 0 to 1, so that clients that failed together don't retry together
     */
    record Failure(
        String method,
        int status,
        boolean isDelivered,
        Headers headers,
        Reason reason,
        int attempt,
        double elapsed,
        double chance) {}

    private static final Pattern NUMBER = Pattern.compile("\\s*[+-]?\\d+(\\.\\d*)?\\s*");
    private static final Pattern SPENT =
        Pattern.compile("quota|billing|balance|credit|payment", Pattern.CASE_INSENSITIVE);

    /** How long to wait before a retry; empty for no retry. */
    static OptionalDouble decide(Policy policy, Failure failure) {
        int status = failure.status();
        OptionalDouble asked = retryAfter(failure.headers());
        boolean isRefused = switch (status) {
            case 0 -> !failure.isDelivered();
            case 425 -> true;
            case 429 -> !isSpent(failure.reason());
            case 503 -> asked.isPresent(); // without Retry-After, a proxy may have given up on an executed request
            default -> false;
        };
        boolean isUnknown = switch (status) {
            case 0, 408, 500, 502, 503, 504 -> true;
            default -> status >= 520 && status <= 529;
        };
        // A request that was executed is billed; a second one is billed again.
        boolean isFree = isRefused || failure.method().equals("GET") || policy.retryUnknownOutcome;
        if (!(isRefused || isUnknown) || !isFree) return OptionalDouble.empty();
        if (failure.attempt() >= policy.maxAttempts) return OptionalDouble.empty();
        if (asked.orElse(0) > policy.maxRetryAfter) return OptionalDouble.empty();
        double longest = Math.min(policy.maxDelay, policy.baseDelay * Math.pow(2, failure.attempt() - 1));
        double wait = asked.orElse(failure.chance() * longest);
        return failure.elapsed() + wait > policy.maxElapsed ? OptionalDouble.empty() : OptionalDouble.of(wait);
    }

    /** How long a response asks to wait: milliseconds, seconds, or a date by the service's clock. */
    static OptionalDouble retryAfter(Headers headers) {
        OptionalDouble milliseconds = number(headers.get("retry-after-ms"));
        if (milliseconds.isPresent()) return OptionalDouble.of(milliseconds.getAsDouble() / 1000);
        OptionalDouble seconds = number(headers.get("retry-after"));
        Instant date = headers.getInstant("retry-after"); // in each of the three forms that HTTP has
        if (seconds.isPresent() || date == null) return seconds;
        Instant now = headers.getInstant("date") == null ? Instant.now() : headers.getInstant("date");
        return OptionalDouble.of(Math.max(0, Duration.between(now, date).toMillis() / 1000.0));
    }

    private static OptionalDouble number(String text) {
        if (text == null || !NUMBER.matcher(text).matches()) return OptionalDouble.empty();
        return OptionalDouble.of(Math.max(0, Double.parseDouble(text.strip())));
    }

    /** Whether a 429 is about the balance, not about the pace: then no wait helps. */
    private static boolean isSpent(Reason reason) {
        return SPENT.matcher(reason.code() + " " + reason.type()).find();
    }
}
