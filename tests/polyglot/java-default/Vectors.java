// Runs the shared test vectors: `Vectors sse.json retries.json`. It names each one that fails; the exit code is then 1.

import com.google.gson.FieldNamingPolicy;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.annotations.SerializedName;
import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import okhttp3.Headers;

public class Vectors {
    record StreamVector(String name, String stream, String base64, List<EventStream.Event> events) {}

    record RetryVector(
        String name,
        String method,
        Integer status,
        String failure,
        Map<String, String> headers,
        Careful.ErrorBody body,
        int attempt,
        double elapsed,
        Retries.Policy policy,
        double chance,
        int quota,
        @SerializedName("wait") Double seconds) {
        OptionalDouble expected() {
            return seconds == null ? OptionalDouble.empty() : OptionalDouble.of(seconds);
        }
    }

    private static final Gson GSON = new GsonBuilder()
        .setFieldNamingPolicy(FieldNamingPolicy.LOWER_CASE_WITH_UNDERSCORES).create();
    private static int failed = 0;

    public static void main(String[] paths) throws IOException {
        for (String path : paths) {
            Path file = Path.of(path);
            String content = Files.readString(file);
            int count = switch (file.getFileName().toString()) {
                case "sse.json" -> runStreams(GSON.fromJson(content, StreamVector[].class));
                case "retries.json" -> runRetries(GSON.fromJson(content, RetryVector[].class));
                default -> throw new IllegalArgumentException(path + ": neither sse.json nor retries.json");
            };
            System.out.println(count + " vectors of " + file.getFileName());
        }
        System.exit(failed > 0 ? 1 : 0);
    }

    static int runStreams(StreamVector[] vectors) {
        for (var vector : vectors) {
            byte[] content = vector.base64() == null
                ? vector.stream().getBytes(StandardCharsets.UTF_8)
                : Base64.getDecoder().decode(vector.base64());
            var cut = byteByByte(new ByteArrayInputStream(content));
            compare(vector.name(), vector.events(), () -> read(new ByteArrayInputStream(content)));
            compare(vector.name() + ", byte by byte", vector.events(), () -> read(cut));
        }
        return vectors.length;
    }

    static List<EventStream.Event> read(InputStream bytes) throws IOException {
        var stream = new EventStream(bytes);
        List<EventStream.Event> events = new ArrayList<>();
        for (var event = stream.next(); event != null; event = stream.next()) events.add(event);
        return events;
    }

    static InputStream byteByByte(InputStream bytes) {
        return new FilterInputStream(bytes) {
            @Override
            public int read(byte[] buffer, int offset, int length) throws IOException {
                return super.read(buffer, offset, Math.min(length, 1));
            }
        };
    }

    static int runRetries(RetryVector[] vectors) {
        int count = 0;
        for (var vector : vectors) {
            if (vector.quota() == 0) continue; // this client has no quota of retries
            String kind = vector.failure() == null ? "" : vector.failure();
            var failure = new Retries.Failure(
                vector.method(),
                vector.status() == null ? 0 : vector.status(),
                !kind.contains("connect") && !kind.contains("pool"),
                Headers.of(vector.headers()),
                vector.body() == null ? Retries.Reason.NONE : vector.body().error(),
                vector.attempt(),
                vector.elapsed(),
                vector.chance());
            compare(vector.name(), vector.expected(), () -> Retries.decide(vector.policy(), failure));
            count++;
        }
        return count;
    }

    static void compare(String name, Object expected, Callable<Object> call) {
        Object found;
        try {
            found = call.call();
        } catch (Exception exception) {
            found = exception;
        }
        if (found.equals(expected)) return;
        System.out.println(name + ": " + found + ", not " + expected);
        failed++;
    }
}
