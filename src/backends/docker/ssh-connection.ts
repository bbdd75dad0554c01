import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { Socket } from 'node:net';
import { Duplex, finished, type Readable, type Writable } from 'node:stream';
import { MayflyError } from '../../errors.js';
import type { SshTarget } from './ssh-target.js';

/** Characters of ssh's messages that are kept. */
const maxMessages = 4096;

/** Milliseconds after its end in which ssh's last output is awaited. A shared connection that it leaves behind keeps the pipe open longer. */
const drainTime = 250;

/** Exit code of ssh for its own failures. Other codes are those of the remote command. */
const ownFailure = 255;

/**
 * A connection to a daemon through the input and output of an `ssh` process of its own. It ends with that process, and has the methods of a
 * socket that `http` needs. Emits `greeted` at the first byte. Fails with a MayflyError `backend_unreachable` that holds ssh's own message.
 */
export class SshConnection extends Duplex {
  /** Milliseconds without a byte until the event of this name; 0 for never. */
  timeout = 0;
  private idle: NodeJS.Timeout | undefined;
  private greeted = false;
  private messages = '';
  private readonly child: ChildProcessByStdio<Writable, Readable, Readable>;

  constructor(url: string, target: SshTarget) {
    super({ allowHalfOpen: false });
    // A session of its own: Ctrl-C reaches only us, and no ssh asks for a password at the terminal.
    const child = spawn('ssh', target.args, { env: target.env, stdio: ['pipe', 'pipe', 'pipe'], detached: true });
    this.child = child;
    // Errors of a pipe are ignored: the end of the process gives the reason.
    for (const pipe of [child.stdin, child.stdout, child.stderr]) pipe.on('error', () => {});
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.messages = (this.messages + text).slice(-maxMessages)));
    child.stdout.on('data', (chunk: Buffer) => this.heard(chunk));
    const ended = new Promise<void>((resolve) => finished(child.stdout, () => resolve()));
    const silent = new Promise<void>((resolve) => finished(child.stderr, () => resolve()));
    child.once('error', (error: NodeJS.ErrnoException) => this.destroy(failure(url, target, null, error.message, error)));
    child.once('exit', (code, signal) => {
      const isAnswered = () => this.greeted && code !== null && code !== ownFailure;
      const report = () => {
        // As on any connection, the reason of an end after an answer does not matter: answers carry their length.
        if (isAnswered()) void ended.then(() => this.push(null));
        else this.destroy(failure(url, target, code, this.messages.trim() || `ended with ${signal ?? `status ${code}`}`));
      };
      if (isAnswered()) return report();
      // An answer and the last messages can still be in the pipes.
      const latest = setTimeout(report, drainTime);
      void Promise.all([ended, silent]).then(() => {
        clearTimeout(latest);
        report();
      });
    });
  }

  override _read(): void {
    this.child.stdout.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: () => void): void {
    this.touch();
    this.child.stdin.write(chunk, () => callback());
  }

  override _final(callback: () => void): void {
    this.child.stdin.end(() => callback());
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    clearTimeout(this.idle);
    for (const pipe of [this.child.stdin, this.child.stdout, this.child.stderr]) pipe.destroy();
    this.child.kill();
    callback(error);
  }

  setTimeout(ms: number, callback?: () => void): this {
    this.timeout = ms;
    if (callback && ms > 0) this.once('timeout', callback);
    else if (callback) this.off('timeout', callback);
    this.touch();
    return this;
  }

  /** Does nothing: ssh has its own option for it (`ServerAliveInterval`). */
  setKeepAlive(): this {
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  ref(): this {
    for (const handle of this.handles()) handle.ref();
    return this;
  }

  /** An idle connection does not keep our process alive. Its ssh ends with our process, because its input closes. */
  unref(): this {
    for (const handle of this.handles()) handle.unref();
    return this;
  }

  private handles(): { ref(): unknown; unref(): unknown }[] {
    const { child } = this;
    return [child, ...[child.stdin, child.stdout, child.stderr].filter((pipe) => pipe instanceof Socket)];
  }

  private heard(chunk: Buffer): void {
    this.touch();
    if (!this.greeted) {
      this.greeted = true;
      this.emit('greeted');
    }
    if (!this.push(chunk)) this.child.stdout.pause();
  }

  private touch(): void {
    clearTimeout(this.idle);
    if (this.timeout > 0 && !this.destroyed) this.idle = setTimeout(() => this.emit('timeout'), this.timeout).unref();
  }
}

/** Remedies for ssh's most common errors. */
const remedies: [RegExp, (host: string) => string][] = [
  [/host key verification failed/i, (host) => `connect once by hand and compare the key: ssh ${host}`],
  [
    /permission denied \(/i,
    (host) => `give ssh a key that ${host} takes without asking: ssh-add, or IdentityFile and User in ~/.ssh/config`,
  ],
  [/docker: (command )?not found/i, (host) => `install the docker command line on ${host}, on the PATH of a shell that is not a login`],
  [/docker daemon socket/i, (host) => `make that user a member of the group docker on ${host}`],
];

function failure(
  url: string,
  { host, args }: SshTarget,
  code: number | null,
  messages: string,
  error?: NodeJS.ErrnoException,
): MayflyError {
  if (error?.code === 'ENOENT') {
    return new MayflyError('backend_unreachable', {
      place: { path: url },
      cause: 'there is no ssh on the PATH',
      remedy: 'install an ssh client (on Debian: apt-get install openssh-client), or set DOCKER_HOST to another daemon',
      error,
    });
  }
  const remedy = remedies.find(([pattern]) => pattern.test(messages))?.[1](host);
  const words = messages.split(/\s*[\r\n]+\s*/).join('; ');
  return new MayflyError('backend_unreachable', {
    place: { path: url },
    cause: code === null || code === ownFailure ? `ssh: ${words}` : `docker system dial-stdio on ${host}: ${words}`,
    remedy: remedy ?? `see the messages of: ssh ${args.join(' ')}`,
    error,
  });
}
