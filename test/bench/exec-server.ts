// Serves scoped exec in a process of its own, whose memory can be looked at: exec-server.ts SOCKET DAEMON WORKER
import { parseEndpoint } from '../../src/backends/docker/endpoint.js';
import { HttpClient } from '../../src/backends/docker/http-client.js';
import { listContainers } from '../../src/backends/docker/objects.js';
import { serveScopedExec } from '../../src/backends/docker/scoped-exec/index.js';
import { systemClock } from '../../src/clock.js';

const [path = '', daemon = '', worker = ''] = process.argv.slice(3);
const endpoint = parseEndpoint(`unix://${daemon}`, null, {});
const http = new HttpClient(endpoint);
const log = { warn: (fields: object, message: string) => console.log(message, JSON.stringify(fields)) };

await serveScopedExec({ endpoint, path, containers: () => listContainers(http, worker), clock: systemClock, log });
console.log('ready');
