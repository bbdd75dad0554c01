import { createContainer } from './create.js';
import type { CreateRequest, HostConfig } from './defaults.js';
import { type Exchange, filtersOf, flag, frame, hasLabels, Refusal, type Route } from './http.js';
import { inspectContainer, summarize } from './inspect.js';
import { attributes, kill, remove, start, stop } from './lifecycle.js';
import { findContainer } from './lookup.js';
import { type FakeContainer, type FakeState, type LogLine, newId } from './state.js';

const done = { status: 204 };

export function containerRoutes(state: FakeState): Route[] {
  const find = (exchange: Exchange) => findContainer(state, exchange.params[0] ?? '');
  return [
    ['GET', /^\/containers\/json$/, ({ query }) => ({ status: 200, body: list(state, query).map((c) => summarized(state, c, query)) })],
    [
      'POST',
      /^\/containers\/create$/,
      ({ query, body }) => {
        const container = createContainer(state, query.get('name') ?? `fake_${newId().slice(0, 8)}`, body as CreateRequest);
        state.emit('container', 'create', container.id, attributes(container));
        return { status: 201, body: { Id: container.id, Warnings: [] } };
      },
    ],
    ['GET', /^\/containers\/([^/]+)\/json$/, (x) => ({ status: 200, body: inspectContainer(state, find(x)) })],
    ['POST', /^\/containers\/([^/]+)\/start$/, (x) => (start(state, find(x)) ? done : { status: 304 })],
    ['POST', /^\/containers\/([^/]+)\/stop$/, (x) => (stop(state, find(x)) ? done : { status: 304 })],
    [
      'POST',
      /^\/containers\/([^/]+)\/kill$/,
      (x) => {
        kill(state, find(x), x.query.get('signal') ?? 'KILL', x.params[0] ?? '');
        return done;
      },
    ],
    [
      'POST',
      /^\/containers\/([^/]+)\/update$/,
      (x) => {
        update(find(x), x.body as Partial<HostConfig>);
        return { status: 200, body: { Warnings: null } };
      },
    ],
    ['POST', /^\/containers\/([^/]+)\/wait$/, (x) => wait(state, find(x), x)],
    ['GET', /^\/containers\/([^/]+)\/logs$/, (x) => logs(state, find(x), x)],
    [
      'DELETE',
      /^\/containers\/([^/]+)$/,
      (x) => {
        remove(state, find(x), { force: flag(x.query, 'force'), volumes: flag(x.query, 'v') });
        return done;
      },
    ],
  ];
}

function summarized(state: FakeState, container: FakeContainer, query: URLSearchParams): object {
  const written = state.written.get(container.name);
  // Nothing written is nothing said.
  return { ...summarize(state, container), ...(flag(query, 'size') && { SizeRootFs: 1_984_227 + (written ?? 0), SizeRw: written }) };
}

function list(state: FakeState, query: URLSearchParams): FakeContainer[] {
  const filters = filtersOf(query);
  const all = flag(query, 'all') || filters.status !== undefined;
  const among = (wanted: string[] | undefined, has: (value: string) => boolean) => !wanted?.length || wanted.some(has);
  const found = [...state.containers.values()].filter(
    (c) =>
      (all || c.status === 'running') &&
      hasLabels(c.config.Labels, filters.label) &&
      // As the daemon does: a name is a pattern over names that begin with a slash.
      among(filters.name, (value) => new RegExp(value).test(`/${c.name}`) || new RegExp(value).test(c.name)) &&
      among(filters.id, (value) => c.id.startsWith(value)) &&
      among(filters.status, (value) => c.status === value),
  );
  return found.reverse();
}

function update(container: FakeContainer, change: Partial<HostConfig>): void {
  const { Memory: memory = 0, MemorySwap: swap = 0 } = change;
  const limit = swap || container.hostConfig.MemorySwap;
  if (memory > 0 && limit > 0 && memory > limit) {
    throw new Refusal(
      500,
      `Cannot update container ${container.id}: Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time`,
    );
  }
  if (memory) container.hostConfig.Memory = memory;
  if (swap) container.hostConfig.MemorySwap = swap;
  if (change.NanoCpus) container.hostConfig.NanoCpus = change.NanoCpus;
  if (change.RestartPolicy) container.hostConfig.RestartPolicy = change.RestartPolicy;
}

function wait(state: FakeState, container: FakeContainer, { query, res }: Exchange): undefined {
  const event = query.get('condition') === 'removed' ? `removed:${container.id}` : `exit:${container.id}`;
  res?.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
  const answer = () => void res?.end(`${JSON.stringify({ Error: null, StatusCode: container.exitCode })}\n`);
  // One that was never started is not running either.
  if ((query.get('condition') ?? 'not-running') === 'not-running' && container.status !== 'running') return answer() as undefined;
  state.changes.once(event, answer);
  res?.once('close', () => state.changes.off(event, answer));
  return undefined;
}

function logs(state: FakeState, container: FakeContainer, { query, res }: Exchange): undefined {
  const streams = { stdout: flag(query, 'stdout'), stderr: flag(query, 'stderr') };
  if (!streams.stdout && !streams.stderr) throw new Refusal(400, 'Bad parameters: you must choose at least one stream');
  const since = Number(query.get('since') ?? 0) * 1000;
  const write = ({ stream, text, at }: LogLine) => {
    if (!streams[stream] || at < since) return;
    const line = flag(query, 'timestamps') ? `${new Date(at).toISOString()} ${text}` : text;
    res?.write(container.config.Tty ? line : frame(stream, line));
  };
  res?.writeHead(200).flushHeaders();
  const tail = Number(query.get('tail') ?? 'all');
  const past = container.logs.filter(({ stream }) => streams[stream]);
  for (const line of Number.isNaN(tail) ? past : tail === 0 ? [] : past.slice(-tail)) write(line);
  if (!flag(query, 'follow') || container.status !== 'running') return void res?.end() as undefined;
  const end = () => void res?.end();
  state.changes.on(`log:${container.id}`, write).once(`exit:${container.id}`, end);
  res?.once('close', () => state.changes.off(`log:${container.id}`, write).off(`exit:${container.id}`, end));
  return undefined;
}
