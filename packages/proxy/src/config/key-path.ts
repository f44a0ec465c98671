/** One thing that is wrong in a configuration, at the key it concerns. */
export interface ConfigProblem {
  readonly path: KeyPath;
  /** Continues the printed path: `is missing`, `"phq" is not defined. …`. */
  readonly message: string;
}

/** The way to a key: `["routes", 2, "fastcgi", "upstream"]`. */
export type KeyPath = readonly (string | number)[];

const PLAIN_KEY = /^[A-Za-z_$][\w$]*$/;

/** `routes[2].fastcgi.upstream`, as a person would write it in code; the whole configuration is `the configuration`. */
export function formatKeyPath(path: KeyPath): string {
  let text = "";
  for (const key of path) {
    if (typeof key === "number") text += `[${key}]`;
    else if (!PLAIN_KEY.test(key)) text += `[${JSON.stringify(key)}]`;
    else text += text === "" ? key : `.${key}`;
  }
  return text === "" ? "the configuration" : text;
}
