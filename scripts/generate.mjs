// Writes what is generated: from the schema, the JSON Schema beside the bundle and the reference of spec files; from what the backends
// declare, the table of what each does with a spec; from the rules for specs over HTTP and the settings of the
// service, their tables.
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { importTs } from './run-ts.mjs';

const at = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url));

const { backendNames } = await importTs('src/runtime/backend-names.ts');
const { jsonSchema } = await importTs('src/spec/json-schema.ts');
await writeFile(at('dist/spec.schema.json'), `${JSON.stringify(jsonSchema(backendNames), null, 2)}\n`);
const { specReference } = await importTs('src/spec/reference.ts');
await writeFile(at('docs/spec.md'), specReference(backendNames));
const { withTable } = await importTs('src/backends/capability-table.ts');
const { declaredColumns } = await importTs('src/runtime/declared.ts');
await writeFile(at('docs/backends.md'), withTable(await readFile(at('docs/backends.md'), 'utf8'), await declaredColumns()));
const { withOutsideTable } = await importTs('src/dispatch/outside/docs.ts');
const { withSettingsTable } = await importTs('src/dispatch/settings/docs.ts');
const { kinds } = await importTs('src/runtime/service-nodes.ts');
await writeFile(at('docs/serve.md'), withSettingsTable(withOutsideTable(await readFile(at('docs/serve.md'), 'utf8')), kinds));
