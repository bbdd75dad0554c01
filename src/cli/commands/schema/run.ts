import { backendNames } from '../../../runtime/backend-names.js';
import { jsonSchema } from '../../../spec/json-schema.js';
import { inSession } from '../../session.js';
import type { Args } from './options.js';

export async function run(args: Args): Promise<void> {
  await inSession(args, async ({ out }) => {
    out(JSON.stringify(jsonSchema(backendNames), null, 2));
    return 0;
  });
}
