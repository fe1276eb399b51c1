/** Answers of /api/v2/config: the types behind the server's own schemas. */
import type { AppliedBody, ConfigBody, SettingBody } from '../../api/schemas/config.ts';
import type { ConfigTrial } from '../../model/control.ts';

export type Setting = SettingBody;
export type Configuration = ConfigBody;
export type ConfigCheck = ConfigTrial;
export type ConfigChange = ConfigTrial['changes'][number];
export type ConfigApplied = AppliedBody;
