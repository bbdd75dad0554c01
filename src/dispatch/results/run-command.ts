/** A command that a run executes in its worker. The run ends with it. */
export interface RunCommand {
  /** The container that it runs in. */
  container: string;
  argv: readonly string[];
  /** Variables in addition to the container's. Their values are in the run's secrets. */
  env: Readonly<Record<string, string>>;
  /** `null`: the container's own. */
  workingDir: string | null;
  user: string | null;
  /** Milliseconds; `null`: until the worker's end. */
  timeout: number | null;
  /** Whether another attempt follows one whose command has failed. */
  retry: boolean;
  /** Whether its results wait until somebody accepts them. */
  hold: boolean;
}
