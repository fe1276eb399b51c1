/** What /api/v2/config answers, as far as the console reads it. */

/** A directive of the configuration as it holds, and where its value comes from. */
export interface Setting {
  readonly name: string;
  readonly args: readonly string[];
  readonly block?: readonly Setting[] | undefined;
  readonly origin:
    | 'default'
    | 'unset'
    | { readonly file: string; readonly line: number; readonly column: number };
}

export interface Configuration {
  readonly file: string;
  readonly text: string;
  readonly etag: string;
  readonly settings: readonly Setting[];
  readonly warnings: readonly string[];
}

export interface ConfigChange {
  readonly path: string;
  readonly from: string | null;
  readonly to: string | null;
}

export interface ConfigCheck {
  readonly ok: boolean;
  /** `file:line:column: sentence` */
  readonly errors: readonly string[];
  readonly warnings: readonly string[];
  readonly changes: readonly ConfigChange[];
}

export interface ConfigApplied extends ConfigCheck {
  readonly applied: boolean;
}
