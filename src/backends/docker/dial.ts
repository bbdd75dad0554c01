import http from 'node:http';
import https from 'node:https';
import { Duplex } from 'node:stream';
import pLimit, { type LimitFunction } from 'p-limit';
import type { Endpoint } from './endpoint.js';
import { PatientSocket } from './patient-socket.js';
import { SshConnection } from './ssh-connection.js';
import type { SshTarget } from './ssh-target.js';

/** Connections through ssh that are still without an answer: an ssh server drops those beyond 10 that have not logged in. */
const maxGreeting = 8;

/** Idle connections kept through ssh, each a process here and one over there. */
const maxIdle = 4;

/** Milliseconds after which one counts as logged in all the same: its server may be silent for ever. */
const greetingTime = 30_000;

/** Makes connections to one daemon, however it is reached. */
export class Dialer {
  /** One gate for all agents: the ssh server counts what comes from all of them. */
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
   * The same for a connection that may become a raw stream: one of its own, on which no output is lost when the other end goes without
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

  /** Resolves when the next may be opened. */
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
