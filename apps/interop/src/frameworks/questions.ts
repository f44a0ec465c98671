import type { Question } from "../node-http/ask.ts";

const BOUNDARY = "----interop";

/** A form with a file, as browsers send it. */
const UPLOAD = [
  `--${BOUNDARY}`,
  'Content-Disposition: form-data; name="title"',
  "",
  "A title",
  `--${BOUNDARY}`,
  'Content-Disposition: form-data; name="file"; filename="a.txt"',
  "Content-Type: text/plain",
  "",
  "x".repeat(100_000),
  `--${BOUNDARY}--`,
  "",
].join("\r\n");

/** What every application of `frameworks/` answers, each in its framework's way. */
export const questions: Readonly<Record<string, Question>> = {
  "a greeting": { path: "/hello?name=Ada%20L" },
  "its head": { path: "/hello?name=Ada", method: "HEAD" },
  "an echo of JSON": {
    path: "/echo",
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ list: Array.from({ length: 5_000 }, (_one, at) => at) }),
  },
  "an echo without a length": {
    path: "/echo",
    method: "POST",
    headers: { "content-type": "application/json" },
    body: ['{"a":', '"b"}'],
  },
  "JSON that is none": {
    path: "/echo",
    method: "POST",
    headers: { "content-type": "application/json" },
    body: '{"a":',
  },
  "a redirect": { path: "/old" },
  "a stream": { path: "/stream" },
  "a failure": { path: "/boom" },
  "nothing there": { path: "/nowhere" },
  "an empty answer": { path: "/empty" },
};

/** What the Express applications answer besides. */
export const expressQuestions: Readonly<Record<string, Question>> = {
  ...questions,
  "a file": { path: "/static/text.txt" },
  "a range of a file": { path: "/static/text.txt", headers: { range: "bytes=2-5" } },
  "a file not changed": { path: "/static/text.txt", headers: { "if-modified-since": "Fri, 01 Jan 2100 00:00:00 GMT" } },
  "a compressed page": { path: "/page", headers: { "accept-encoding": "gzip" } },
  "an upload": {
    path: "/upload",
    method: "POST",
    headers: { "content-type": `multipart/form-data; boundary=${BOUNDARY}` },
    body: UPLOAD,
  },
  cookies: { path: "/cookies", headers: { cookie: "a=1; b=2" } },
};
