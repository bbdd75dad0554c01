import { describe, expect, test } from 'vitest';
import { badContainers } from '../spec/bad-containers.js';
import { badFields } from '../spec/bad-fields.js';
import { badRules } from '../spec/bad-rules.js';
import { badTexts } from '../spec/bad-texts.js';
import { badArguments } from './arguments.js';
import { meet } from './bad-input.js';
import { atRunTime } from './run-time.js';
import { badSettings } from './settings.js';
import { badSpecs } from './specs.js';

const tables = { 'command lines': badArguments, 'spec files': badSpecs, settings: badSettings };

describe.for(Object.entries(tables))('%s', ([, table]) => {
  test.for(Object.entries(table))('%s', ([, bad]) => meet(bad));
});

test('there are enough of them', () => {
  const count = (...all: object[]) => all.reduce((sum, table) => sum + Object.keys(table).length, 0);
  const [inSpecs, atTheDoor, later] = [
    count(badTexts, badFields, badContainers, badRules),
    count(...Object.values(tables)),
    count(...Object.values(atRunTime)),
  ];
  console.log(`bad input: ${inSpecs} in specs, ${atTheDoor} at the command line, ${later} at run time`);
  expect(inSpecs + atTheDoor + later).toBeGreaterThanOrEqual(60);
  expect(later).toBeGreaterThanOrEqual(24);
});
