import type { Reporter, TestModule } from 'vitest/node';

/** Prints how many attacks ran, by section (what follows a colon in a table's title is its topic): `attacks: 41 of 41 held (trust 12, silence 29)`. */
export class AttackCount implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const sections = new Map<string, { held: number; all: number }>();
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const [, section] = /^attacks on ([^:>]+?)(?::| > )/.exec(test.fullName) ?? [];
        if (section === undefined || test.result().state === 'skipped') continue;
        const count = sections.get(section) ?? { held: 0, all: 0 };
        sections.set(section, { held: count.held + (test.result().state === 'passed' ? 1 : 0), all: count.all + 1 });
      }
    }
    if (sections.size === 0) return;
    const total = [...sections.values()].reduce((sum, { held, all }) => ({ held: sum.held + held, all: sum.all + all }), {
      held: 0,
      all: 0,
    });
    const each = [...sections].map(([name, { held }]) => `${name} ${held}`).sort();
    console.log(`attacks: ${total.held} of ${total.all} held (${each.join(', ')})`);
  }
}
