import type { Client } from './scene.js';

/** Stacks of this process have two variables more: `login`, which no file may hold, and `owner`. */
export function addEphemeral(client: Client): void {
  const { synthesize } = client;
  Object.assign(client.backend, { ownVariables: () => Promise.resolve({ login: '{"token":"hush"}', owner: 'me' }) });
  client.synthesize = async (input) => {
    const stack = await synthesize(input);
    return { ...stack, variable: { ...stack.variable, login: { type: 'string', ephemeral: true }, owner: { type: 'string' } } };
  };
}
