/** What one benchmark contributes to docs/benchmarks.md. */
export interface Section {
  readonly title: string;
  /** Markdown. */
  readonly body: string;
  /** SVG by file name, for docs/bench/. */
  readonly images: ReadonlyMap<string, string>;
}
