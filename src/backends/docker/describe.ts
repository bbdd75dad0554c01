import type { Describe } from '../ports/describe.js';
import { dockerFacts, execVolume, overlayOf } from './names.js';

export const describeDocker: Describe = {
  resource({ name }) {
    if (name === execVolume) return 'holds the socket of the engine';
    const container = overlayOf(name);
    return container === null ? null : `holds what ${container} writes to a source`;
  },
  melodium: ({ melodium }) => melodium?.image ?? null,
  limitsVolume: ({ medium }, offer) => medium === 'memory' || dockerFacts(offer).quota,
  terraform: {
    option: '',
    outside: () => `
The engine joins the bridge \`mayfly\`, which all workers share and no stack holds. mayfly makes it when it is missing; by hand:

    docker network create --label dev.mayfly.network=bridge --opt com.docker.network.bridge.enable_icc=false mayfly
`,
    added: '',
  },
};
