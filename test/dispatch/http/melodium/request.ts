import { readFileSync } from 'node:fs';

/** The start request as the real client sends it, with an engine: a node in memory has no Mélodium engine. */
export const request = {
  ...(JSON.parse(readFileSync(new URL('../../../spec/fixtures/request.json', import.meta.url), 'utf8')) as Record<string, unknown>),
  engine: { image: 'busybox:local', command: ['serve'], port: 8080 },
};

export const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
