const outputFile = process.env['MAYFLY_TEST_JSON'];

/** `.ci/run` also wants the results as a file, to sum them up. */
export const reporters: (string | [string, Record<string, unknown>])[] = outputFile ? ['default', ['json', { outputFile }]] : ['default'];
