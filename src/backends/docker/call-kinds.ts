/** Seconds that a daemon may take beyond the grace to answer a stop. */
const afterGrace = 20;

const seconds = 1000;

/** Milliseconds until the answer is complete. `null`: no deadline, because the call lasts as long as its work. */
type Deadline = number | null;

/**
 * Calls of one pool share connections. `looks`: lists of objects, from which ends and readiness follow. `reads`: inspections of one
 * object. `starts`: calls that change something; those of an end are made by a client of its own. `followers`: calls without a deadline.
 */
export type Pool = 'looks' | 'reads' | 'starts' | 'followers';

interface CallKind {
  method: RegExp;
  path: RegExp;
  /** Default: `followers` without a deadline, else `reads` or `starts` by the method. */
  pool?: Pool;
  deadline: Deadline | ((query: Query) => Deadline);
}

type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/** Kinds of calls and their deadlines. The first matching row counts. */
const kinds: readonly CallKind[] = [
  { method: /^GET$/, path: /^\/(_ping|info|version)$/, pool: 'looks', deadline: 15 * seconds },
  { method: /^GET$/, path: /^\/events$|\/logs$|\/archive$/, deadline: null },
  { method: /^PUT$/, path: /\/archive$/, deadline: null },
  { method: /^POST$/, path: /^\/images\/create$|^\/exec\/[^/]+\/start$/, deadline: null },
  // The daemon walks over every file of every volume.
  { method: /^GET$/, path: /^\/system\/df$/, deadline: 600 * seconds },
  { method: /^GET$/, path: /^\/(containers\/json|volumes)$/, pool: 'looks', deadline: 60 * seconds },
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
  const { deadline } = kindOf(method, path);
  return typeof deadline === 'function' ? deadline(query) : deadline;
}

/** The pool of a call. `deadline`: its own one, which may differ from that of its kind. Pure. */
export function poolOf(method: string, path: string, deadline: Deadline): Pool {
  if (deadline === null) return 'followers';
  return kindOf(method, path).pool ?? (method === 'GET' || method === 'HEAD' ? 'reads' : 'starts');
}

function kindOf(method: string, path: string): CallKind {
  return kinds.find((kind) => kind.method.test(method) && kind.path.test(path))!;
}
