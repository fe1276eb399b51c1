import { expectTypeOf, test } from 'vitest';
import type * as config from '../../src/console/api/config-contract.ts';
import type * as contract from '../../src/console/api/contract.ts';
import type { AppliedBody, ConfigBody, SettingBody } from '../../src/http/api/schemas/config.ts';
import type { HooksBody } from '../../src/http/api/schemas/hooks.ts';
import type { ServerBody } from '../../src/http/api/schemas/server.ts';
import type { ClientBody, StreamBody } from '../../src/http/api/schemas/streams.ts';
import type { FrameMark } from '../../src/model/census.ts';
import type { ConfigTrial } from '../../src/model/control.ts';

// The compiler compares: `npm run types`.
test('the console expects what the server says', () => {
  expectTypeOf<StreamBody>().toExtend<contract.Stream>();
  expectTypeOf<ClientBody>().toExtend<contract.Client>();
  expectTypeOf<FrameMark>().toExtend<contract.Frame>();
  expectTypeOf<ServerBody>().toExtend<contract.ServerFacts>();
  expectTypeOf<HooksBody>().toExtend<contract.HookHealth>();
  expectTypeOf<SettingBody>().toExtend<config.Setting>();
  expectTypeOf<ConfigBody>().toExtend<config.Configuration>();
  expectTypeOf<ConfigTrial>().toExtend<config.ConfigCheck>();
  expectTypeOf<AppliedBody>().toExtend<config.ConfigApplied>();
});
