import { jsonSchema } from '../../spec/json-schema.js';
import { type CommonArgs, inSession } from '../session.js';

export async function run(args: CommonArgs): Promise<void> {
  await inSession(args, async ({ out }) => {
    out(JSON.stringify(jsonSchema(), null, 2));
    return 0;
  });
}
