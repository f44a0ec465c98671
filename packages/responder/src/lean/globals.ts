import { LeanRequest } from "./request.ts";
import { FastResponse } from "./response.ts";

const NativeRequest = globalThis.Request;

/** The global `Request` once requests are lean: it takes one of them, too. */
class GlobalRequest extends NativeRequest {
  static override [Symbol.hasInstance](value: unknown): boolean {
    return value instanceof NativeRequest;
  }

  constructor(input: ConstructorParameters<typeof NativeRequest>[0], init?: RequestInit) {
    super(LeanRequest.native(input), init);
  }
}

/** Puts lean classes in the place of the global `Request` and `Response`, unless somebody else has done so. */
export function replaceGlobals(): void {
  if (globalThis.Request !== NativeRequest) return;
  globalThis.Request = GlobalRequest;
  globalThis.Response = FastResponse as unknown as typeof Response;
}
