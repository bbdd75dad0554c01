import { tmpdir } from 'node:os';
import type { Implementation } from '../ports/entry.js';
import { processCapabilities } from './capabilities.js';
import { defaultProcessRoot, processBackend } from './index.js';

export const implementation: Implementation = {
  open: ({ node, env, clock }) => processBackend({ node, root: defaultProcessRoot(env, tmpdir()), clock, env }),
  columns: { process: processCapabilities },
  installKeeper: null,
  policy: null,
};
