// Server-sent events, as the HTML standard reads them: lines end in CR, LF or CRLF, and the bytes may be cut anywhere.

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

final class EventStream {
    record Event(String type, String data) {}

    private final InputStream bytes;
    private boolean isFirstLine = true;
    private boolean isAfterCr = false;

    EventStream(InputStream bytes) {
        this.bytes = new BufferedInputStream(bytes);
    }

    /** The next event; null at the end of the stream. What came of an event that has not ended is dropped. */
    Event next() throws IOException {
        String type = "";
        List<String> data = new ArrayList<>();
        for (String line = nextLine(); line != null; line = nextLine()) {
            if (line.isEmpty()) {
                if (!data.isEmpty()) return new Event(type.isEmpty() ? "message" : type, String.join("\n", data));
                type = "";
                continue;
            }
            int colon = line.indexOf(':');
            String field = colon < 0 ? line : line.substring(0, colon);
            String value = colon < 0 ? "" : line.substring(colon + 1);
            if (value.startsWith(" ")) value = value.substring(1);
            if (field.equals("data")) data.add(value);
            else if (field.equals("event")) type = value;
        }
        return null;
    }

    /** A line ends with its CR: waiting for the LF that may follow would hold an event back until the next one. */
    private String nextLine() throws IOException {
        var line = new ByteArrayOutputStream();
        for (int each = bytes.read(); each >= 0; each = bytes.read()) {
            boolean isRestOfEnd = each == '\n' && isAfterCr;
            isAfterCr = each == '\r';
            if (isRestOfEnd) continue;
            if (each != '\n' && each != '\r') {
                line.write(each);
                continue;
            }
            String text = line.toString(StandardCharsets.UTF_8); // U+FFFD in place of what is not UTF-8
            boolean hasMark = isFirstLine && text.startsWith("\uFEFF");
            isFirstLine = false;
            return hasMark ? text.substring(1) : text;
        }
        return null;
    }
}
