import { Pool } from "./pool.ts";
import type { RequestOptions, ResponseData } from "./request.ts";

/**
 * Runs one request on a connection of its own, which is closed at the end. For more than a few
 * requests use a `Pool`, which knows how many the application can take.
 *
 * @example
 * const { statusCode, body } = await request("unix:/run/app.sock", { params: { REQUEST_METHOD: "GET" } });
 * @throws FastCGIError every code that the table in the README names
 */
export async function request(address: string, options: RequestOptions): Promise<ResponseData> {
  const pool = new Pool(address);
  try {
    return await pool.request({ ...options, reuse: false });
  } finally {
    // Waits for the end of the response, which is the caller's to read.
    void pool.close();
  }
}
