import type { Implementation } from '../ports/entry.js';
import { dockerCapabilities, podmanCapabilities } from './capabilities.js';
import { findEndpoint } from './endpoint.js';
import { defaultExecRoot, dockerBackend } from './index.js';

export const implementation: Implementation = {
  open: ({ node, env, clock }) => dockerBackend({ node, endpoint: findEndpoint(env), clock, execRoot: defaultExecRoot(env), env }),
  columns: { docker: dockerCapabilities, podman: podmanCapabilities },
  async installKeeper({ env, image, version }) {
    const { installKeeper } = await import('./keeper-container.js');
    return installKeeper(findEndpoint(env), image, version);
  },
  policy: null,
};
