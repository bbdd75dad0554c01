/** Seconds that a daemon may take beyond the grace to answer a stop. */
const afterGrace = 20;

const seconds = 1000;

/** Milliseconds until the answer is whole; `null`: no deadline, since the call lasts as long as its work does. */
type Deadline = number | null;

interface CallKind {
  method: RegExp;
  path: RegExp;
  deadline: Deadline | ((query: Query) => Deadline);
}

type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/** The kinds of calls and their deadlines. The first row that matches counts. */
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
 * How long the daemon may take for a call: milliseconds from when the call has its connection until its answer is whole, `null` where the
 * call lasts as long as its work does. `path` is without the version. Pure.
 */
export function deadlineOf(method: string, path: string, query: Query = {}): Deadline {
  const { deadline } = kinds.find((kind) => kind.method.test(method) && kind.path.test(path))!;
  return typeof deadline === 'function' ? deadline(query) : deadline;
}

/** A call that only looks: it has connections that no change of the daemon's can use up. Pure. */
export function isLook(method: string): boolean {
  return method === 'GET' || method === 'HEAD';
}
