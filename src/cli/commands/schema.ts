import { backendNames } from '../../runtime/backend-names.js';
import { jsonSchema } from '../../spec/json-schema.js';
import { type CommonArgs, inSession } from '../session.js';

export async function run(args: CommonArgs): Promise<void> {
  await inSession(args, async ({ out }) => {
    out(JSON.stringify(jsonSchema(backendNames), null, 2));
    return 0;
  });
}
