import * as z from 'zod';
import { errorDocument } from './documents.js';
import type { Route } from './route.js';

/** The OpenAPI 3.1 document of the routes. */
export function openApi(routes: readonly Route[], version: string): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  const schemas: Schemas = {};
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)(\{[^}]*\})?/g, '{$1}');
    paths[path] = { ...paths[path], [route.method]: operationOf(route, schemas) };
  }
  return {
    openapi: '3.1.0',
    info: { title: 'mayfly', version, description: 'Declarative temporary workers as a service' },
    paths,
    components: { schemas, securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
  };
}

/** Schemas with a name of their own, by it. */
type Schemas = Record<string, unknown>;

function operationOf(
  { path, summary, scope, body, query, streamed, answerType, replies }: Route,
  schemas: Schemas,
): Record<string, unknown> {
  const inPath = [...path.matchAll(/:(\w+)/g)].map(([, name]) => ({ name, in: 'path', required: true, schema: { type: 'string' } }));
  return {
    summary,
    ...(scope !== null && { security: [{ token: [] }] }),
    parameters: [...inPath, ...(query ? queryParameters(query, schemas) : [])],
    ...(body && { requestBody: { required: true, content: { 'application/json': { schema: schemaOf(body, 'input', schemas) } } } }),
    ...(streamed !== undefined && { requestBody: { required: true, content: { [streamed]: { schema: binary } } } }),
    responses: {
      ...(answerType !== undefined && { 200: replyOf(200, { [answerType]: { schema: { type: 'string' } } }) }),
      ...Object.fromEntries(
        Object.entries(replies).map(([status, schema]) => [
          status,
          replyOf(Number(status), {
            [contentType(schema)]: { schema: schemaOf(schema, 'output', schemas) },
            ...(status === '200' && answerType !== undefined && { [answerType]: { schema: { type: 'string' } } }),
          }),
        ]),
      ),
      // The checks before the handler answer with it: host, origin, token, scope, query, body.
      default: { description: 'An error', content: { 'application/json': { schema: schemaOf(errorDocument, 'output', schemas) } } },
    },
  };
}

/** Bytes of any content. */
const binary = { type: 'string', format: 'binary' };

function replyOf(status: number, content: Record<string, unknown>): Record<string, unknown> {
  return { description: descriptions[status] ?? 'Done', content };
}

const descriptions: Record<number, string> = {
  400: 'The request cannot be read',
  401: 'No valid token',
  403: 'The token may not do this',
  404: 'Unknown',
  409: 'Not possible now, with the reasons',
  410: 'Some of the events are not kept any more',
  422: 'The spec is invalid, or the key was used for another request',
  429: 'Too many: send it again later',
};

function queryParameters(query: z.ZodType, schemas: Schemas): Record<string, unknown>[] {
  const { properties = {}, required = [] } = schemaOf(query, 'input', schemas) as {
    properties?: Record<string, unknown>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, schema]) => ({ name, in: 'query', required: required.includes(name), schema }));
}

function contentType(schema: z.ZodType): string {
  const { contentMediaType } = schema.meta() ?? {};
  if (typeof contentMediaType === 'string') return contentMediaType;
  return schema instanceof z.ZodString ? 'text/plain' : 'application/json';
}

/** Moves the schema's named parts to `schemas`. */
function schemaOf(schema: z.ZodType, io: 'input' | 'output', schemas: Schemas): Record<string, unknown> {
  const made = JSON.stringify(z.toJSONSchema(schema, { io, unrepresentable: 'any', reused: 'inline' }));
  const {
    $schema: _,
    $defs = {},
    ...document
  } = JSON.parse(made.replaceAll('"#/$defs/', '"#/components/schemas/')) as Record<string, unknown>;
  Object.assign(schemas, $defs);
  return document;
}
