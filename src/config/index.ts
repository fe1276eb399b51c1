export { convertConfig } from './convert.ts';
export { type Diagnostic, formatDiagnostic } from './diagnostic.ts';
export { Fence } from './fence.ts';
export { type LoadResult, loadConfig, parseConfigText } from './load.ts';
export { printConfig } from './print.ts';
