import http from 'node:http';
import https from 'node:https';
import { Duplex } from 'node:stream';
import pLimit, { type LimitFunction } from 'p-limit';
import type { Endpoint } from './endpoint.js';
import { PatientSocket } from './patient-socket.js';
import { SshConnection } from './ssh-connection.js';
import type { SshTarget } from './ssh-target.js';

/** Largest number of ssh connections without an answer. An ssh server drops connections beyond 10 that have not logged in. */
const maxGreeting = 8;

/** Idle ssh connections that are kept. Each is a process here and one on the server. */
const maxIdle = 4;

/** Milliseconds after which an ssh connection counts as logged in without an answer, because its server may never answer. */
const greetingTime = 30_000;

/** Makes connections to one daemon: by a Unix socket, TCP or ssh. */
export class Dialer {
  /** One gate for all agents, because the ssh server counts the connections of all of them. */
  private readonly gate = pLimit(maxGreeting);

  constructor(private readonly endpoint: Endpoint) {}

  /** The caller destroys it. */
  agent(options: http.AgentOptions): http.Agent {
    const { ssh, tls, url } = this.endpoint;
    if (ssh) return new SshAgent(url, ssh, this.gate, options);
    return tls ? new https.Agent({ ...options, ...tls }) : new http.Agent(options);
  }

  /** A request to the daemon over one of the agent's connections. */
  requestTo(agent: http.Agent, options: http.RequestOptions): http.ClientRequest {
    const { tls, socketPath, host, port } = this.endpoint;
    return (tls ? https : http).request({ ...options, agent, ...(socketPath ? { socketPath } : { host, port }) });
  }

  /**
   * Like `requestTo`, for a connection that may become a raw stream. It is a new connection; no output is lost if the other end closes without
   * reading its input.
   */
  streamTo(agent: http.Agent, options: http.RequestOptions): http.ClientRequest {
    const { socketPath } = this.endpoint;
    if (!socketPath) return this.requestTo(agent, options);
    return http.request({ ...options, createConnection: () => new PatientSocket().connect(socketPath) });
  }
}

type Made = (error: Error | null, connection: Duplex) => void;

class SshAgent extends http.Agent {
  private closed = false;

  constructor(
    private readonly url: string,
    private readonly target: SshTarget,
    private readonly gate: LimitFunction,
    options: http.AgentOptions,
  ) {
    super({ ...options, maxFreeSockets: maxIdle });
  }

  override createConnection(_options: unknown, made: Made): undefined {
    void this.gate(() => this.open(made));
  }

  override destroy(): void {
    this.closed = true;
    super.destroy();
  }

  /** Opens a connection. Resolves when the next one may be opened. */
  private open(made: Made): Promise<void> {
    if (this.closed) {
      made(new Error('closed'), new Duplex().destroy());
      return Promise.resolve();
    }
    const connection = new SshConnection(this.url, this.target);
    return new Promise((resolve) => {
      const greeted = () => {
        clearTimeout(timer);
        connection.off('greeted', greeted).off('close', greeted);
        resolve();
      };
      const timer = setTimeout(greeted, greetingTime).unref();
      connection.once('greeted', greeted).once('close', greeted);
      made(null, connection);
    });
  }
}
