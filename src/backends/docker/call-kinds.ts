/** Seconds that a daemon may take beyond the grace to answer a stop. */
const afterGrace = 20;

const seconds = 1000;

/** Milliseconds until the answer is complete. `null`: no deadline, because the call lasts as long as its work. */
type Deadline = number | null;

interface CallKind {
  method: RegExp;
  path: RegExp;
  deadline: Deadline | ((query: Query) => Deadline);
}

type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/** Kinds of calls and their deadlines. The first matching row counts. */
const kinds: readonly CallKind[] = [
  { method: /^GET$/, path: /^\/(_ping|info|version)$/, deadline: 15 * seconds },
  { method: /^GET$/, path: /^\/events$|\/logs$|\/archive$/, deadline: null },
  { method: /^PUT$/, path: /\/archive$/, deadline: null },
  { method: /^POST$/, path: /^\/images\/create$|^\/exec\/[^/]+\/start$/, deadline: null },
  // The daemon walks over every file of every volume.
  { method: /^GET$/, path: /^\/system\/df$/, deadline: 600 * seconds },
  { method: /^(GET|HEAD)$/, path: /^/, deadline: 60 * seconds },
  { method: /^POST$/, path: /\/stop$/, deadline: ({ t }) => (Number(t ?? 10) + afterGrace) * seconds },
  // The daemon copies what the image has at a volume's mount point.
  { method: /^POST$/, path: /^\/containers\/(create|[^/]+\/start)$/, deadline: 600 * seconds },
  { method: /^/, path: /^/, deadline: 120 * seconds },
];

/**
 * The deadline of a call: milliseconds from the moment when it has a connection until its answer is complete; `null` if the call lasts as
 * long as its work. `path`: without the version. Pure.
 */
export function deadlineOf(method: string, path: string, query: Query = {}): Deadline {
  const { deadline } = kinds.find((kind) => kind.method.test(method) && kind.path.test(path))!;
  return typeof deadline === 'function' ? deadline(query) : deadline;
}

/** Whether a call only reads. Reading calls have connections of their own, which changing calls cannot use up. Pure. */
export function isRead(method: string): boolean {
  return method === 'GET' || method === 'HEAD';
}
