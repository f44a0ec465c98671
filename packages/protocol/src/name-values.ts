import { readPairs } from "./pairs.ts";
import type { ParamList, ParamsInput } from "./param-list.ts";
import { toParamList } from "./param-list.ts";
import { Params } from "./params.ts";

/**
 * Decodes complete name-value pairs. The bytes are kept, not copied.
 *
 * @throws FastCGIError `FCGI_ERR_BAD_NAME_VALUES`
 */
export function decodeNameValues(bytes: Uint8Array): Params {
  readPairs(bytes, () => {});
  return new Params(bytes);
}

/**
 * Encodes name-value pairs. Strings are latin-1: encode other text yourself, for example with
 * `TextEncoder`, and give the bytes.
 *
 * @throws FastCGIError `FCGI_ERR_INVALID_ARGUMENT` for a NUL or a character above U+00FF
 */
export function encodeNameValues(params: ParamsInput): Uint8Array {
  const list: ParamList = toParamList(params);
  const bytes = new Uint8Array(list.byteLength);
  list.writeTo(bytes, 0);
  return bytes;
}
