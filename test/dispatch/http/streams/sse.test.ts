import { expect, test } from 'vitest';
import { eventFrame, heartbeat, positionFrame, retryFrame } from '../../../../src/dispatch/http/streams/sse.js';
import { positionOf } from '../../../../src/dispatch/http/streams/position.js';

test('an event is one block: its sequence as id, and one line of JSON', () => {
  const data = { error: 'a\nb', sign: '→' };
  expect(eventFrame({ sequence: 7, run: 'r', attempt: 2, at: 1_767_225_600_000, type: 'failed', data })).toBe(
    'id: 7\ndata: {"sequence":7,"run":"r","attempt":2,"at":"2026-01-01T00:00:00.000Z","type":"failed","data":{"error":"a\\nb","sign":"→"}}\n\n',
  );
  expect([positionFrame(7), heartbeat, retryFrame]).toEqual([
    'event: position\nid: 7\ndata: {"sequence":7}\n\n',
    ':\n\n',
    'retry: 1000\n\n',
  ]);
});

const kept = { newest: 9, removed: 4, header: undefined, after: undefined };

test.each<[string, Partial<Parameters<typeof positionOf>[0]>, number | null]>([
  ['a client without an id names none', {}, null],
  ['the query names one', { after: 6 }, 6],
  ['the header precedes the query, which is that of the first request', { header: '8', after: 6 }, 8],
  ['an empty header names none', { header: '', after: 6 }, 6],
  ['0 is before all events that are kept', { after: 0 }, 0],
  ['the last event that was removed', { header: '4' }, 4],
  ['the newest event', { header: '9' }, 9],
])('%s', (_, given, position) => {
  expect(positionOf({ ...kept, ...given })).toBe(position);
});

test.each<[string, string, string]>([
  ['3', 'events_missing', 'events after 3 were removed with their runs, up to 4'],
  ['10', 'events_missing', 'there is no event 10: the newest one is 9'],
  ['-1', 'usage', 'must be the id of an event, got "-1"'],
  ['7 ', 'usage', 'must be the id of an event, got "7 "'],
])('the id %s is refused', (header, code, message) => {
  expect(() => positionOf({ ...kept, header })).toThrow(expect.objectContaining({ code, message }) as Error);
});
