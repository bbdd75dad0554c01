/** Which node this is. */
export interface Identity {
  /** The node's name: `docker`, `docker@build-2`. State directories, locks and history are by it. */
  readonly name: string;
  /** Where the node is reached: `unix:///var/run/docker.sock`, a directory, `ecs:eu-west-1`. Two nodes of a kind differ in it. */
  readonly endpoint: string;
  /** Whether a setting of the user's names the endpoint. Otherwise it is the default one, where nothing may be. */
  readonly chosen: boolean;
  /** Returns the account that our credentials lead to, such as AWS's number. `null`: an endpoint has no accounts. */
  readonly account: (() => Promise<string>) | null;
  /** Closes the connections. */
  close(): void;
}
