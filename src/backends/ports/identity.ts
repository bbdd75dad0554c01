/** The identity of a node. */
export interface Identity {
  /** The node's name, such as `docker` or `docker@build-2`. State directories, locks and history use it. */
  readonly name: string;
  /** The node's place: `unix:///var/run/docker.sock`, a directory, `ecs:eu-west-1`. Different nodes of a kind have different endpoints. */
  readonly endpoint: string;
  /** Whether a user's setting names the endpoint. Otherwise it is the default one, which may not exist. */
  readonly chosen: boolean;
  /** Returns the account of our credentials, such as the AWS account number. `null`: the endpoint has no accounts. */
  readonly account: (() => Promise<string>) | null;
  /** Closes the connections. */
  close(): void;
}
