// The rooms of docs/architecture.md, top to bottom: a room may import those below it, and the leaves.
const rooms = ['cli', 'dispatch', 'worker', 'lease', 'apply', 'backends', 'state', 'plan', 'spec'];
const leaves = '^src/(errors|clock|events|labels|lines|proc|user)\\.ts$';

/** Each room, and all that stands above it. */
const upward = rooms.flatMap((room, index) =>
  index === 0
    ? []
    : [
        {
          name: `${room}-imports-down`,
          severity: 'error',
          from: { path: `^src/${room}/` },
          to: { path: `^src/(${rooms.slice(0, index).join('|')})/` },
        },
      ],
);

module.exports = {
  forbidden: [
    ...upward,
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } } },
    { name: 'leaves-import-leaves', severity: 'error', from: { path: leaves }, to: { path: '^(src|stacks)/', pathNot: leaves } },
    {
      name: 'stacks-import-spec',
      severity: 'error',
      from: { path: '^stacks/', pathNot: '^stacks/app\\.ts$' },
      to: { path: '^src/', pathNot: ['^src/spec/', leaves] },
    },
    {
      name: 'only-the-composition-synthesizes',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(cli/compose|cli/aws|index)\\.ts$' },
      to: { path: '^stacks/' },
    },
    {
      name: 'cdktf-in-stacks-only',
      severity: 'error',
      from: { pathNot: '^stacks/' },
      to: { path: 'node_modules/(cdktf|constructs|@cdktf)' },
    },
    { name: 'plan-is-pure', severity: 'error', from: { path: '^src/plan/' }, to: { dependencyTypes: ['core'] } },
    { name: 'deadlines-are-pure', severity: 'error', from: { path: '^src/lease/deadline\\.ts$' }, to: { dependencyTypes: ['core'] } },
    {
      name: 'backends-apart',
      severity: 'error',
      from: { path: '^src/backends/(docker|process|aws)/' },
      to: { path: '^src/backends/(docker|process|aws)/', pathNot: '^src/backends/$1/' },
    },
  ],
  options: { doNotFollow: { path: 'node_modules' }, tsPreCompilationDeps: true, tsConfig: { fileName: 'tsconfig.json' } },
};
