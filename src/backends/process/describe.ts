import type { Describe } from '../ports/describe.js';

export const describeProcess: Describe = {
  resource: () => null,
  melodium: () => 'melodium',
  limitsVolume: () => false,
  terraform: null,
};
