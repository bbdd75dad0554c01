/** Settings of a command in place of its container's; an absent one is the container's. */
export interface CommandSettings {
  /** Variables in addition to the container's. Their values may be secret. */
  env?: Readonly<Record<string, string>>;
  /** Absolute path in the container. */
  workingDir?: string | undefined;
  /** A name or a number, and optionally a group: `1000:1000`. */
  user?: string | undefined;
}
