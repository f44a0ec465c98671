import { Readable } from "node:stream";

import type { RequestBody } from "./request-body.ts";

/** The body as Node's stream. Its chunks are the queue's own. */
export function toReadable(body: RequestBody): Readable {
  const readable = new Readable({
    highWaterMark: 16_384,
    read: () => body.pull(),
    destroy(error, callback) {
      body.cancel();
      // As in node:http: an upload that breaks off must not end a process that has no ear for it.
      callback(error !== null && readable.listenerCount("error") > 0 ? error : null);
    },
  });
  body.attach({
    onChunk: (chunk) => readable.push(chunk),
    onEnd: () => void readable.push(null),
    onError: (error) => void readable.destroy(error),
  });
  return readable;
}

/** The body as a web stream. Its chunks are copies: whoever gets one may transfer the whole buffer below it. */
export function toWebStream(body: RequestBody): ReadableStream<Uint8Array> {
  let wake = (): void => {};
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        body.attach({
          onChunk(chunk) {
            controller.enqueue(new Uint8Array(chunk));
            wake();
            return false;
          },
          onEnd() {
            controller.close();
            wake();
          },
          onError(error) {
            controller.error(error);
            wake();
          },
        });
      },
      pull: () =>
        new Promise<void>((resolve) => {
          wake = resolve;
          body.pull();
        }),
      cancel: () => body.cancel(),
    },
    { highWaterMark: 0 },
  );
}
