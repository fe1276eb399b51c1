import type { FastifyPluginCallbackZod } from 'fastify-type-provider-zod';
import {
  type ConfigControl,
  RequestError,
  type ServerControl,
  type ShownSetting,
} from '../../model/control.ts';
import { FAULT } from '../schemas/common.ts';
import {
  CONFIG,
  CONFIG_APPLIED,
  CONFIG_CHANGE,
  CONFIG_TEXT,
  CONFIG_TRIAL,
  type SettingBody,
} from '../schemas/config.ts';

/** The configuration: what is in force, and, where the configuration itself allows that, another one. */
export function configRoutes({ configuration }: ServerControl, editable: boolean): FastifyPluginCallbackZod {
  const present = (): ConfigControl => {
    if (configuration) return configuration;
    throw new RequestError('impossible', 'This server runs in a program and has no configuration file.');
  };
  const editing = (): ConfigControl => {
    if (editable) return present();
    throw new RequestError(
      'impossible',
      'Set "edit_config on;" in http_api to change the configuration here.',
    );
  };
  return (app, _options, done) => {
    app.get(
      '/config',
      {
        schema: {
          tags: ['config'],
          summary: 'The resolved configuration',
          response: { 200: CONFIG, 409: FAULT },
        },
      },
      async () => {
        const control = present();
        const { text, etag } = editable ? await control.read() : { text: '', etag: '' };
        return {
          file: control.file,
          editable,
          text,
          etag,
          settings: control.settings().map(settingBody),
          warnings: control.warnings(),
        };
      },
    );

    app.post(
      '/config/check',
      {
        schema: {
          tags: ['config'],
          summary: 'What another text would come to',
          body: CONFIG_TEXT,
          response: { 200: CONFIG_TRIAL, 400: FAULT, 409: FAULT },
        },
      },
      ({ body }) => editing().check(body.text),
    );

    app.put(
      '/config',
      {
        schema: {
          tags: ['config'],
          summary: 'Put another text in its place and go over to it',
          body: CONFIG_CHANGE,
          response: { 200: CONFIG_APPLIED, 400: FAULT, 409: FAULT },
        },
      },
      ({ body: { text, etag } }) => editing().apply(text, etag),
    );
    done();
  };
}

/** A directive as `/api/v2` shows it. */
export function settingBody({ name, args, block, origin }: ShownSetting): SettingBody {
  const common = { name, args, block: block?.map(settingBody) ?? null };
  if (typeof origin !== 'object') return { ...common, origin, file: null, line: null };
  const { file, line } = origin;
  const variable = file.startsWith('env ');
  return { ...common, origin: variable ? 'env' : 'file', file, line: line > 0 ? line : null };
}
