import { z } from 'zod';
import type { ConfigTrial } from '../../model/control.ts';

/** Characters of a configuration text that is sent to the API; the file itself may not have more bytes. */
const MAX_CONFIG_TEXT = 1_048_576;

/** A directive or a block of `/api/v2`. */
export interface SettingBody {
  readonly name: string;
  readonly args: readonly string[];
  readonly block: readonly SettingBody[] | null;
  readonly origin: 'default' | 'unset' | 'file' | 'env';
  readonly file: string | null;
  readonly line: number | null;
}

/** The configuration of `/api/v2`. */
export interface ConfigBody {
  readonly file: string;
  readonly editable: boolean;
  readonly text: string;
  readonly etag: string;
  readonly settings: readonly SettingBody[];
  readonly warnings: readonly string[];
}

/** Outcome of replacing the configuration text. */
export interface AppliedBody extends ConfigTrial {
  readonly applied: boolean;
}

const SETTING: z.ZodType<SettingBody> = z
  .object({
    name: z.string(),
    args: z.array(z.string()).describe('Secrets are ***.'),
    block: z
      .lazy(() => z.array(SETTING))
      .nullable()
      .describe('What is in it, if it is a block.'),
    origin: z.enum(['default', 'unset', 'file', 'env']),
    file: z.string().nullable().describe('The file or the variable that it comes from.'),
    line: z.number().int().nullable(),
  })
  .meta({ id: 'Setting' });

/** See ConfigBody. */
export const CONFIG: z.ZodType<ConfigBody> = z
  .object({
    file: z.string(),
    editable: z.boolean().describe('False without `edit_config on`; text and etag are empty then.'),
    text: z.string(),
    etag: z.string(),
    settings: z.array(SETTING),
    warnings: z.array(z.string()),
  })
  .meta({ id: 'Config', description: 'The configuration.' });

const TRIAL = {
  ok: z.boolean(),
  errors: z.array(z.string()).describe('file:line:column: what is wrong, what was expected'),
  warnings: z.array(z.string()),
  changes: z.array(z.object({ path: z.string(), from: z.string().nullable(), to: z.string().nullable() })),
};

/** See ConfigTrial. */
export const CONFIG_TRIAL: z.ZodType<ConfigTrial> = z
  .object(TRIAL)
  .meta({ id: 'ConfigTrial', description: 'What it would come to.' });
/** See AppliedBody. */
export const CONFIG_APPLIED: z.ZodType<AppliedBody> = z
  .object({ ...TRIAL, applied: z.boolean() })
  .meta({ id: 'ConfigApplied', description: 'What it came to.' });

/** A text to look at. */
export const CONFIG_TEXT: z.ZodType<{ readonly text: string }> = z.strictObject({
  text: z.string().max(MAX_CONFIG_TEXT),
});
/** A text to put in the place of another. */
export const CONFIG_CHANGE: z.ZodType<{ readonly text: string; readonly etag: string }> = z.strictObject({
  text: z.string().max(MAX_CONFIG_TEXT),
  etag: z.string().max(128).describe('Of the text that this one is made from.'),
});
