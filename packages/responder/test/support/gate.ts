/** A promise that somebody else resolves: for handlers that wait for their test, and tests that wait for a handler. */
export interface Gate<Value = void> {
  promise: Promise<Value>;
  open: (value: Value) => void;
}

export function gate<Value = void>(): Gate<Value> {
  let open: (value: Value) => void = () => {};
  const promise = new Promise<Value>((resolve) => {
    open = resolve;
  });
  return { promise, open };
}
