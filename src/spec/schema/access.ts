import * as z from 'zod';
import * as f from '../fields.js';
import { mapping } from './mapping.js';

export const access = z
  .strictObject(
    {
      bind: f.optional(f.address, '127.0.0.1', {
        description: "Address of the host on which the engine's port is published.",
        examples: ['127.0.0.1'],
      }),
      tls: f.optional(f.flag, true, { description: 'Whether clients connect to the engine over TLS.', examples: [true] }),
      cidrs: f.list(f.cidr, {
        description: 'On AWS: networks that may connect to the port. Default: none.',
        examples: [['203.0.113.0/24']],
      }),
      public: f.optional(f.flag, false, {
        description: 'On AWS: whether the engine has a public address. In the default subnets it always has one.',
        examples: [true],
      }),
    },
    mapping,
  )
  .meta({ id: 'Access', title: 'access', description: 'How clients reach the engine.' });
