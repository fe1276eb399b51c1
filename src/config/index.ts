export { convertConfig } from './convert.ts';
export { type Diagnostic, formatDiagnostic, type Position } from './diagnostic.ts';
export { type LoadResult, loadConfig, parseConfigText } from './load.ts';
export { printConfig } from './print.ts';
export type { Setting } from './resolve/block.ts';
