import type { ShownSetting } from '../../../model/control.ts';
import type { SettingBody } from '../schemas/config.ts';

/** A directive as `/api/v2` shows it. */
export function settingBody({ name, args, block, origin }: ShownSetting): SettingBody {
  const place = typeof origin === 'object' ? origin : undefined;
  return {
    name,
    args,
    block: block?.map(settingBody) ?? null,
    origin: place ? (place.file.startsWith('env ') ? 'env' : 'file') : (origin as 'default' | 'unset'),
    file: place?.file ?? null,
    line: place && place.line > 0 ? place.line : null,
  };
}
