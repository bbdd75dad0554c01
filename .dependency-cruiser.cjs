// The rooms of docs/architecture.md, top to bottom: a room may import those below it, and the leaves. Type-only imports count as well.
const rooms = [
  'src/cli',
  'src/dispatch',
  'src/runtime',
  'src/tasks',
  'src/views',
  'src/client',
  'src/worker',
  'src/keeper',
  'src/lease',
  'src/apply',
  'src/backends',
  'stacks',
  'src/state',
  'src/plan',
  'src/spec',
];
const leaves = '^src/(errors|clock|events|labels|lines|log|proc|user)\\.ts$';
/** The folders of the backends: each knows no other. In `from` the backend's name is a group. */
const verticals = '^src/backends/(?!ports/|shared/)[^/]+/';
const folder = '^src/backends/(?!ports/|shared/)([^/]+)/';

/** Each room, and all that stands above it. */
const upward = rooms.slice(1).map((room, index) => ({
  name: `${room.replace('src/', '')}-imports-down`,
  severity: 'error',
  // `stacks/app.ts` is cdktf's own way in, and stands above all of them.
  from: { path: `^${room}/`, pathNot: '^stacks/app\\.ts$' },
  // Names that a stack shares with its backend: constants and pure functions.
  to: { path: `^((${rooms.slice(0, index + 1).join('|')})/|src/index\\.ts$)`, ...(room === 'stacks' && { pathNot: '/names\\.ts$' }) },
}));

module.exports = {
  forbidden: [
    ...upward,
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'leaves-import-leaves', severity: 'error', from: { path: leaves }, to: { path: '^(src|stacks)/', pathNot: leaves } },
    {
      name: 'only-the-runtime-synthesizes',
      severity: 'error',
      // An entry loads the stack of its backend.
      from: { path: '^src/', pathNot: ['^src/runtime/', '^src/backends/(ports|[^/]+)/(entry|apart)\\.ts$'] },
      to: { path: '^stacks/' },
    },
    {
      name: 'only-the-runtime-knows-implementations',
      severity: 'error',
      from: {
        path: '^(src|stacks)/',
        pathNot: ['^src/runtime/', '^src/backends/', '^stacks/app\\.ts$'],
      },
      to: { path: `${verticals}|^src/backends/registry\\.ts$`, pathNot: '/names\\.ts$' },
    },
    {
      name: 'cdktf-in-stacks-only',
      severity: 'error',
      from: { pathNot: '^stacks/' },
      to: { path: 'node_modules/(cdktf|constructs|@cdktf)' },
    },
    // Neither packages nor Node's own modules: colours and the like are arguments.
    { name: 'views-are-pure', severity: 'error', from: { path: '^src/views/' }, to: { pathNot: '^src/' } },
    { name: 'plan-is-pure', severity: 'error', from: { path: '^src/plan/' }, to: { dependencyTypes: ['core'] } },
    { name: 'deadlines-are-pure', severity: 'error', from: { path: '^src/lease/deadline\\.ts$' }, to: { dependencyTypes: ['core'] } },
    {
      name: 'backends-apart',
      severity: 'error',
      from: { path: folder },
      to: { path: verticals, pathNot: '^src/backends/$1/' },
    },
    {
      name: 'a-stack-takes-the-names-of-its-own-backend',
      severity: 'error',
      from: { path: '^stacks/([a-z]+)' },
      to: { path: verticals, pathNot: '^src/backends/$1/names\\.ts$' },
    },
    {
      name: 'appliers-apart',
      severity: 'error',
      from: { path: '^src/apply/(embedded|terraform)/' },
      to: { path: '^src/apply/(embedded|terraform)/', pathNot: '^src/apply/$1/' },
    },
  ],
  options: { doNotFollow: { path: 'node_modules' }, tsPreCompilationDeps: true, tsConfig: { fileName: 'tsconfig.json' } },
};
