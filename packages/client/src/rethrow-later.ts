/** What the last callback of a request throws has nowhere to go but up, and must not stop other requests. */
export function rethrowLater(error: unknown): void {
  queueMicrotask(() => {
    throw error;
  });
}
