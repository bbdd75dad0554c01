import http from 'node:http';
import https from 'node:https';
import { Duplex } from 'node:stream';
import type { Endpoint } from './endpoint.js';
import { PatientSocket } from './patient-socket.js';
import { SshConnection } from './ssh-connection.js';
import type { SshTarget } from './ssh-target.js';

/** Connections through ssh that are still without an answer: an ssh server drops those beyond 10 that have not logged in. */
const maxGreeting = 8;

/** Idle connections kept through ssh, each a process here and one over there. */
const maxIdle = 4;

/** Who makes connections to the daemon, however it is reached; the caller destroys it. */
export function agentOf(endpoint: Endpoint, options: http.AgentOptions): http.Agent {
  if (endpoint.ssh) return new SshAgent(endpoint.url, endpoint.ssh, options);
  return endpoint.tls ? new https.Agent({ ...options, ...endpoint.tls }) : new http.Agent(options);
}

/** A request to the daemon over one of the agent's connections. */
export function requestTo(endpoint: Endpoint, agent: http.Agent, options: http.RequestOptions): http.ClientRequest {
  const { tls, socketPath, host, port } = endpoint;
  return (tls ? https : http).request({ ...options, agent, ...(socketPath ? { socketPath } : { host, port }) });
}

/**
 * The same for a connection that may become a raw stream: one of its own, on which no output is lost when the other end goes without
 * reading its input.
 */
export function streamTo(endpoint: Endpoint, agent: http.Agent, options: http.RequestOptions): http.ClientRequest {
  const { socketPath } = endpoint;
  if (!socketPath) return requestTo(endpoint, agent, options);
  return http.request({ ...options, createConnection: () => new PatientSocket().connect(socketPath) });
}

type Made = (error: Error | null, connection: Duplex) => void;

class SshAgent extends http.Agent {
  private greeting = 0;
  private waiting: Made[] = [];

  constructor(
    private readonly url: string,
    private readonly target: SshTarget,
    options: http.AgentOptions,
  ) {
    super({ ...options, maxFreeSockets: maxIdle });
  }

  override createConnection(_options: unknown, made: Made): undefined {
    if (this.greeting < maxGreeting) this.open(made);
    else this.waiting.push(made);
  }

  override destroy(): void {
    for (const made of this.waiting.splice(0)) made(new Error('closed'), new Duplex().destroy());
    super.destroy();
  }

  private open(made: Made): void {
    const connection = new SshConnection(this.url, this.target);
    this.greeting += 1;
    const greeted = () => {
      connection.off('greeted', greeted).off('close', greeted);
      this.greeting -= 1;
      const next = this.waiting.shift();
      if (next) this.open(next);
    };
    connection.once('greeted', greeted).once('close', greeted);
    made(null, connection);
  }
}
