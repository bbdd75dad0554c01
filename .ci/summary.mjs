// Adds up the suites' JSON reports: node summary.mjs DIRECTORY FAILED_STEPS SUITE…
// What failed without a failing test (a file that didn't load, a suite that never ran, a set-up step) counts as one each.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const [directory, steps, ...suites] = process.argv.slice(2);
let passed = 0;
let failed = 0;

for (const suite of suites) {
  const report = readReport(join(directory, `${suite}.json`));
  if (!report) {
    console.log(`${suite}: no report`);
    failed++;
    continue;
  }
  const unloaded = report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.every((test) => test.status !== 'failed'),
  );
  const skipped = report.numPendingTests + (report.numTodoTests ?? 0);
  console.log(`${suite}: passed ${report.numPassedTests}, failed ${report.numFailedTests + unloaded.length}, skipped ${skipped}`);
  passed += report.numPassedTests;
  failed += report.numFailedTests + unloaded.length;
  for (const { name } of unloaded) console.log(`  failed as a whole: ${name}`);
  for (const { assertionResults } of report.testResults) {
    for (const { status, fullName } of assertionResults) if (status !== 'passed') console.log(`  ${status}: ${fullName}`);
  }
}

// A step that failed although all its tests passed would otherwise not show.
if (Number(steps) > 0 && failed === 0) failed = Number(steps);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

/** Not written, or cut short when its time was over: then there is none. */
function readReport(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return null;
  }
}
