import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Actual, Driver } from '../../src/backends/ports/driver.js';
import { MayflyError } from '../../src/errors.js';
import { type Labels, labelKeys } from '../../src/labels.js';
import type { AttributeChange } from '../../src/plan/plan.js';
import type { Attributes } from '../../src/plan/resource-schema.js';
import { quietContext } from './context.js';

/** One driver on a backend that has nothing of its name yet. */
export interface DriverSubject {
  driver: Driver;
  address: string;
  /** All that is configured, labels among it; the name is free. */
  wanted: Attributes;
  /** The labels in `wanted`, whatever the type's way to write them; `null`: it has none, as a part of something that has. */
  labels: Labels | null;
  /** Something that is made in place, and what has to happen before it is a change; `null` when the type has nothing like it. */
  update: { wanted: Attributes; changes: AttributeChange[]; prepare?(id: string): Promise<void> } | null;
  /** Puts something under the name of `wanted` that isn't ours; `null`: it is a part of something of ours, where nothing foreign is. */
  plantForeign: (() => Promise<{ intact(): Promise<boolean> }>) | null;
  /**
   * Of a value that is held by something else: each create writes it anew, and it goes with its holder alone. Removes the holder;
   * absent: it is an object of its own.
   */
  removeHolder?(): Promise<void>;
  /** What the backend says of an object, asked without the driver; `null`: no such thing. */
  labelsOf(id: string): Promise<Labels | null>;
  /** Removes whatever the test has left, foreign things too. */
  close(): Promise<void>;
}

/** What the applier relies on in every driver. */
export function driverContract(title: string, open: () => Promise<DriverSubject>): void {
  describe(`driver contract: ${title}`, () => {
    let subject: DriverSubject;
    const context = quietContext();
    const create = () => subject.driver.create(subject.address, subject.wanted, context);
    const start = async (made: Actual) => (await subject.driver.start?.(made.id, subject.wanted, context)) ?? made;

    const remove = async ({ id, attributes }: Actual) => {
      await subject.driver.delete(id, attributes, context);
      await subject.removeHolder?.();
    };

    beforeEach(async () => {
      subject = await open();
    });
    afterEach(() => subject.close());

    test('what is made reads back the same', async () => {
      const made = await start(await create());
      expect(await subject.driver.read(made.id, subject.wanted)).toEqual(made);
    });

    test('every attribute of the schema is named, and no other', async () => {
      const expected = Object.keys(subject.driver.schema.attributes).sort();
      const made = await create();
      expect(Object.keys(made.attributes).sort()).toEqual(expected);
      const started = await start(made);
      expect(Object.keys(started.attributes).sort()).toEqual(expected);
    });

    test('what was asked for is what is there', async () => {
      const { attributes } = await start(await create());
      const given = Object.entries(subject.wanted).filter(([, value]) => value !== null);
      const kept = given.filter(([key]) => !subject.driver.schema.attributes[key]?.writeOnly);
      expect(attributes).toMatchObject(Object.fromEntries(kept));
    });

    test('what is only to be written is in no attribute', async ({ skip }) => {
      const secret = Object.keys(subject.wanted).filter((key) => subject.driver.schema.attributes[key]?.writeOnly);
      if (secret.length === 0) return skip();
      const made = await start(await create());
      const read = await subject.driver.read(made.id, subject.wanted);
      for (const key of secret) {
        expect(subject.wanted[key]).toMatch(/./);
        for (const one of [made, read]) expect(JSON.stringify(one)).not.toContain(JSON.stringify(subject.wanted[key]));
      }
    });

    test('labels are on it before it is started', async ({ skip }) => {
      if (!subject.labels) return skip();
      const made = await create();
      const labels = await subject.labelsOf(made.id);
      expect(labels).toMatchObject(subject.labels);
      expect(labels?.[labelKeys.address]).toBe(subject.address);
      expect(made.labels).toEqual(labels);
    });

    test('made again after a crash, it is the same one', async () => {
      const first = await create();
      const { found: _, ...second } = await create();
      if (!subject.removeHolder) expect(second.id).toBe(first.id);
      const started = await start(second);
      expect(await subject.driver.read(second.id, subject.wanted)).toEqual(started);
    });

    test('starting twice is starting', async () => {
      const once = await start(await create());
      expect(await start(once)).toEqual(once);
    });

    test('an object of the same name that is not ours is an error, and stays as it is', async ({ skip }) => {
      if (!subject.plantForeign) return skip();
      const foreign = await subject.plantForeign();
      const failure = await create().then(
        () => null,
        (error: unknown) => error,
      );
      expect(failure).toBeInstanceOf(MayflyError);
      expect((failure as MayflyError).code).toBe('foreign_object');
      expect((failure as MayflyError).remedy).toMatch(/\S.*, or give the worker another name$/);
      expect(await foreign.intact()).toBe(true);
    });

    test('what is gone reads as null, and is deleted with success', async () => {
      const made = await start(await create());
      await remove(made);
      expect(await subject.labelsOf(made.id)).toBeNull();
      expect(await subject.driver.read(made.id, made.attributes)).toBeNull();
      await subject.driver.delete(made.id, made.attributes, context);
    });

    test('one that was never started is deleted', async () => {
      const made = await create();
      await remove(made);
      expect(await subject.labelsOf(made.id)).toBeNull();
    });

    test('after a delete it can be made again', async () => {
      const made = await start(await create());
      await subject.driver.delete(made.id, made.attributes, context);
      await start(await create());
    });

    test('a change in place keeps the object', async ({ skip }) => {
      const { update } = subject;
      if (!update) return skip();
      const made = await start(await create());
      await update.prepare?.(made.id);
      const changed = await subject.driver.update(made.id, update.wanted, update.changes, context);
      expect(changed.id).toBe(made.id);
      const given = Object.entries(update.wanted).filter(([, value]) => value !== null);
      expect(changed.attributes).toMatchObject(Object.fromEntries(given));
      expect(await subject.driver.read(made.id, update.wanted)).toEqual(changed);
    });
  });
}
