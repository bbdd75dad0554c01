import { describe, expect, test } from 'vitest';
import { makeOffer } from '../../src/backends/aws/offer.js';
import { planLines } from '../../src/views/json-view.js';
import { humanPlan } from '../../src/views/plan-view.js';
import { markdownPlan } from '../../src/views/markdown-view.js';
import { noPaint } from '../../src/views/paint.js';
import { describeAws } from '../../src/backends/aws/describe.js';
import type { Change, Plan } from '../../src/plan/plan.js';
import type { Stack } from '../../src/plan/stack.js';
import { parseSpec } from '../../src/spec/parse.js';
import { account } from '../backends/aws/support.js';
import { options } from '../spec/support.js';
import { stackOf } from '../stacks/support.js';

const content = {
  name: 'ci',
  max_duration: 1800,
  cpu: 600,
  memory: 1500,
  storage: 1000,
  engine: { image: 'alpine:3.20', port: 8080 },
  service_containers: [
    { name: 'logs', image: 'loki:3', cpu: 200, memory: 200, storage: 0, healthcheck: { command: 'true' }, pull_secret: 'env:AUTH' },
  ],
  access: { cidrs: ['203.0.113.0/24'], public: true },
};

/** The plan of a worker that isn't there yet. */
function planOf(region = 'eu-west-1'): Plan {
  const spec = parseSpec(JSON.stringify(content), options).spec;
  const stack = stackOf(content, 'aws');
  return {
    format: 'mayfly-plan/2',
    applier: 'embedded',
    worker: spec.name,
    spec,
    offer: makeOffer(spec, { ...account, region }),
    refused: [],
    asked: true,
    stack,
    changes: addresses(stack).map(creation),
    drift: [],
    outputs: [],
    copies: [],
    leaseMove: null,
    origin: { spec: '', worker: null, match: 'same', adopt: false },
    base: { lineage: null, serial: 0, digest: '' },
  };
}

function addresses({ resource = {} }: Stack): string[] {
  return Object.entries(resource).flatMap(([type, all]) => Object.keys(all).map((name) => `${type}.${name}`));
}

function creation(address: string): Change {
  const [type = '', name = ''] = address.split('.');
  return { address, type, name, action: 'create', attributes: [], after: {}, before: null, id: null, dependencies: [], tainted: false };
}

const human = (plan: Plan) => humanPlan(plan, describeAws, noPaint);

describe('a plan on AWS', () => {
  test('for people: what it costs, and what is given for what is asked', () => {
    const lines = human(planOf()).split('\n');
    expect(lines.slice(0, 8)).toEqual([
      '  ci · aws eu-west-1 (123456789012) · amd64 · lives 30 min once ready',
      '  asks 0.8 CPU (share) · 1.7 GB memory · 1000 MB storage (logs: not limited)',
      '  costs at most $0.037 ($0.055 an hour, prices of 2026-05-01)',
      '  on aws, as asked',
      '  ≈ cpu: 1.0 CPU for the 0.8 CPU asked',
      '  ≈ memory: 2.0 GB for the 1.7 GB asked, the least that goes with 1.0 CPU',
      '  ≈ storage: 20.0 GB, which every task has, for the 5.0 GB needed with its images',
      '  ≈ healthcheck of logs: retries 10 for the 12 asked',
    ]);
  });

  test('every resource says what it is for, whatever containers are called', () => {
    const plan = planOf();
    const text = human(plan);
    for (const { address } of plan.changes) expect(text).toMatch(new RegExp(`^ {2}\\+ ${address.replace('.', '\\.')} +\\S`, 'm'));
    const columns = text.split('\n').flatMap((line) => /^ {2}\+ \S+ +/.exec(line)?.[0].length ?? []);
    expect(new Set(columns).size).toBe(1);
    expect(text).toMatch(/aws_ecs_service\.engine +alpine:3\.20 · port 8080$/m);
    expect(text).toMatch(/aws_ecs_task_definition\.task +1\.0 CPU · 2\.0 GB · 2 containers$/m);
    expect(text).toMatch(/aws_security_group\.network +port 8080 from 203\.0\.113\.0\/24$/m);
    expect(text).toMatch(/aws_cloudwatch_log_group\.logs +logs of all containers$/m);
    expect(text).toMatch(/aws_secretsmanager_secret\.pull_logs +credentials for the image of logs$/m);
  });

  test('for a pull request', () => {
    const text = markdownPlan(planOf(), describeAws);
    expect(text).toContain(
      'asks 0.8 CPU (share) · 1.7 GB memory · 1000 MB storage (logs: not limited); costs at most $0.037 ($0.055 an hour, prices of 2026-05-01)',
    );
    expect(text).toContain('- given: cpu: 1.0 CPU for the 0.8 CPU asked\n');
  });

  test('for programs', () => {
    const [offer] = planLines(planOf(), describeAws);
    expect(offer).toMatchObject({
      type: 'offer',
      offer: {
        rounded: expect.arrayContaining(['cpu: 1.0 CPU for the 0.8 CPU asked']),
        price: { currency: 'USD', asOf: '2026-05-01', perHour: expect.closeTo(0.05437, 5), most: expect.closeTo(0.03625, 5) },
      },
    });
  });

  test('where no price is known there is no line of it, and a warning', () => {
    const text = human(planOf('mx-central-1'));
    expect(text).not.toContain('costs at most');
    expect(text).toMatch(/^ {2}! its cost is unknown/m);
  });
});
