export type Event = { type: string; data: string };

// Server-sent events, as the HTML standard reads them: the bytes may be cut anywhere, lines end in CR, LF or CRLF.
export async function* events(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Event> {
  const decoder = new TextDecoder(); // drops a byte order mark and replaces what is not UTF-8
  let rest = "";
  let type = "";
  let data: string[] = [];
  function* take(text: string, last: boolean): Generator<Event> {
    rest += text;
    for (let match; (match = /\r\n|\r|\n/.exec(rest)); ) {
      const [end] = match;
      if (end === "\r" && match.index === rest.length - 1 && !last) break; // an LF may follow
      const line = rest.slice(0, match.index);
      rest = rest.slice(match.index + end.length);
      if (line === "") {
        if (data.length) yield { type: type || "message", data: data.join("\n") };
        [type, data] = ["", []];
        continue;
      }
      const colon = line.indexOf(":");
      const field = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
      if (field === "data") data.push(value);
      else if (field === "event") type = value;
    }
  }
  for await (const bytes of stream) yield* take(decoder.decode(bytes, { stream: true }), false);
  yield* take(decoder.decode(), true);
}
