import { expect, test } from 'vitest';
import { Streams } from '../../../../src/dispatch/http/streams/streams.js';
import type { Token } from '../../../../src/dispatch/store/store.js';

const of = (organisation: string) => ({ id: organisation, organisation }) as Token;

test('an organisation may open 250 connections, and the service 400; streams have room of their own', () => {
  const streams = new Streams();
  const opened = Array.from({ length: 250 }, () => streams.admit(of('team'), 'connection'));
  expect(() => streams.admit(of('team'), 'connection')).toThrow('team has 250 open connections');
  for (let count = 0; count < 150; count += 1) streams.admit(of('other'), 'connection');
  expect(() => streams.admit(of('third'), 'connection')).toThrow('the service has 400 open connections');
  streams.admit(of('team'));
  opened[0]!.release();
  streams.admit(of('third'), 'connection');
  expect(streams.size).toBe(401);
});
