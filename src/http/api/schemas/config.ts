import { z } from 'zod';
import type { ConfigTrial, ShownSetting } from '../../../model/control.ts';
import { MAX_CONFIG_TEXT } from '../limits.ts';

/** The configuration of `/api/v2`. */
export interface ConfigBody {
  readonly file: string;
  readonly editable: boolean;
  readonly text: string;
  readonly etag: string;
  readonly settings: readonly ShownSetting[];
  readonly warnings: readonly string[];
}

/** What a text came to that was to be put in the place of another. */
export interface AppliedBody extends ConfigTrial {
  readonly applied: boolean;
}

const ORIGIN = z
  .union([
    z.enum(['default', 'unset']),
    z.object({ file: z.string(), line: z.number().int(), column: z.number().int() }),
  ])
  .describe('Where its value comes from; `file` may name a variable, and `line` is 0 where there is none.');

const SETTING: z.ZodType<ShownSetting> = z
  .object({
    name: z.string(),
    args: z.array(z.string()).describe('Secrets are ***.'),
    block: z
      .lazy(() => z.array(SETTING))
      .optional()
      .describe('What is in it, if it is a block.'),
    origin: ORIGIN,
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
  .meta({ id: 'Config' });

const TRIAL = {
  ok: z.boolean(),
  errors: z.array(z.string()).describe('file:line:column: what is wrong, what was expected'),
  warnings: z.array(z.string()),
  changes: z.array(z.object({ path: z.string(), from: z.string().nullable(), to: z.string().nullable() })),
};

/** See ConfigTrial. */
export const CONFIG_TRIAL: z.ZodType<ConfigTrial> = z.object(TRIAL).meta({ id: 'ConfigTrial' });
/** See AppliedBody. */
export const CONFIG_APPLIED: z.ZodType<AppliedBody> = z
  .object({ ...TRIAL, applied: z.boolean() })
  .meta({ id: 'ConfigApplied' });

/** A text to look at. */
export const CONFIG_TEXT: z.ZodType<{ readonly text: string }> = z.strictObject({
  text: z.string().max(MAX_CONFIG_TEXT),
});
/** A text to put in the place of another. */
export const CONFIG_CHANGE: z.ZodType<{ readonly text: string; readonly etag: string }> = z.strictObject({
  text: z.string().max(MAX_CONFIG_TEXT),
  etag: z.string().max(128).describe('Of the text that this one is made from.'),
});
