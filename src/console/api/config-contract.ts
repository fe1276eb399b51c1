/** What /api/v2/config answers, as far as the console reads it. */

/** A directive of the configuration as it holds, and where its value comes from. */
export interface Setting {
  readonly name: string;
  readonly args: readonly string[];
  readonly block: readonly Setting[] | null;
  readonly origin: 'default' | 'unset' | 'file' | 'env';
  /** The file or the variable that it comes from. */
  readonly file: string | null;
  readonly line: number | null;
}

export interface Configuration {
  readonly file: string;
  /** False where the configuration does not let itself be changed here; text and etag are empty then. */
  readonly editable: boolean;
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
