// A stand-in for OkHttp 4's class of this name: in OkHttp 3, which Debian has, `create` takes its arguments in reverse.
package okhttp3;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import okio.BufferedSink;

public abstract class RequestBody {
    public abstract MediaType contentType();

    public abstract void writeTo(BufferedSink sink) throws IOException;

    public long contentLength() throws IOException {
        return -1;
    }

    public static RequestBody create(String content, MediaType type) {
        return create(content.getBytes(StandardCharsets.UTF_8), type);
    }

    public static RequestBody create(File content, MediaType type) {
        try {
            return create(Files.readAllBytes(content.toPath()), type);
        } catch (IOException error) {
            throw new IllegalStateException(error);
        }
    }

    public static RequestBody create(byte[] content, MediaType type) {
        return new RequestBody() {
            @Override
            public MediaType contentType() {
                return type;
            }

            @Override
            public long contentLength() {
                return content.length;
            }

            @Override
            public void writeTo(BufferedSink sink) throws IOException {
                sink.write(content);
            }
        };
    }

    // As OkHttp 3 itself calls it.
    public static RequestBody create(MediaType type, byte[] content) {
        return create(content, type);
    }
}
