import type { Reporter, TestModule, TestSpecification, Vitest } from 'vitest/node';

/** Minutes that all files of a project take on two quiet cores. */
const MINUTES: Readonly<Record<string, number>> = { own: 2, e2e: 8 };

/** Says before the tests how long they take, and behind them what did not run and why. */
export class RunReporter implements Reporter {
  #print: (line: string) => void = () => undefined;
  #projects: ReadonlySet<string> = new Set();

  onInit({ logger }: Vitest): void {
    this.#print = (line) => logger.log(line);
  }

  onTestRunStart(specifications: readonly TestSpecification[]): void {
    this.#projects = new Set(specifications.map(({ project }) => project.name));
    const minutes = [...this.#projects].reduce((sum, name) => sum + (MINUTES[name] ?? 0), 0);
    this.#print(
      `${specifications.length} files; all of them take about ${minutes} minutes on two quiet cores`,
    );
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    const reasons = new Map<string, number>();
    for (const { children } of modules) {
      for (const test of children.allTests('skipped')) {
        const result = test.result();
        const reason = (result.state === 'skipped' && result.note) || 'left out by a filter';
        reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
      }
    }
    for (const [reason, count] of reasons) this.#print(`${count} skipped: ${reason}`);
    if (!this.#projects.has('e2e'))
      this.#print(
        'Not run: test/e2e, with ffmpeg, browsers and other programs. npm run test:all runs it too.',
      );
  }
}
