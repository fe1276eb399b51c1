import type { ShownSetting } from '../../model/control.ts';
import type { SettingBody } from '../schemas/config.ts';

/** A directive as `/api/v2` shows it. */
export function settingBody({ name, args, block, origin }: ShownSetting): SettingBody {
  const common = { name, args, block: block?.map(settingBody) ?? null };
  if (typeof origin !== 'object') return { ...common, origin, file: null, line: null };
  const { file, line } = origin;
  const variable = file.startsWith('env ');
  return { ...common, origin: variable ? 'env' : 'file', file, line: line > 0 ? line : null };
}
