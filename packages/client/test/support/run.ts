import type { Dispatcher, DispatchOptions } from "../../src/dispatcher.ts";
import { Recorder } from "./recorder.ts";

/** Dispatches a request with few words; the recorder tells what became of it. */
export function run(dispatcher: Dispatcher, options: Partial<DispatchOptions> = {}): Recorder {
  const recorder = new Recorder();
  recorder.controller = dispatcher.dispatch({ params: { REQUEST_METHOD: "GET" }, ...options }, recorder);
  return recorder;
}
