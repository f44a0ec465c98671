/** What the configuration needs to know of this machine and this run. */
export interface Setting {
  /** The folder of the web site. */
  readonly site: string;
  /** The run folder: the applications' sockets get folders in it. */
  readonly run: string;
  /** What a request must show that ends a process. */
  readonly token: string;
  /** The program `node`. */
  readonly node: string;
  /** Working folder of the applications. */
  readonly cwd: string;
  readonly nodeApplication: string;
  readonly phpApplication: string;
  /** The program `php-fpm`; undefined: PHP runs in WebAssembly. */
  readonly phpFpm: string | undefined;
}

const NAMES = {
  site: "DEMO_SITE",
  run: "DEMO_RUN",
  token: "DEMO_TOKEN",
  node: "DEMO_NODE",
  cwd: "DEMO_CWD",
  nodeApplication: "DEMO_NODE_APPLICATION",
  phpApplication: "DEMO_PHP_APPLICATION",
} as const satisfies Partial<Record<keyof Setting, string>>;

const PHP_FPM = "DEMO_PHP_FPM";

/** The setting as environment variables, for `readSetting`. */
export function writeSetting(setting: Setting): Record<string, string> {
  const environment: Record<string, string> = setting.phpFpm === undefined ? {} : { [PHP_FPM]: setting.phpFpm };
  for (const [key, name] of Object.entries(NAMES)) environment[name] = setting[key as keyof typeof NAMES];
  return environment;
}

/**
 * The setting from environment variables.
 *
 * @throws when one is missing, and says how the demo is started
 */
export function readSetting(environment: Readonly<Record<string, string | undefined>>): Setting {
  const read = (name: string): string => {
    const value = environment[name];
    if (value === undefined) throw new Error(`${name} is not set: this configuration is for \`npm start\`.`);
    return value;
  };
  return {
    site: read(NAMES.site),
    run: read(NAMES.run),
    token: read(NAMES.token),
    node: read(NAMES.node),
    cwd: read(NAMES.cwd),
    nodeApplication: read(NAMES.nodeApplication),
    phpApplication: read(NAMES.phpApplication),
    phpFpm: environment[PHP_FPM],
  };
}
