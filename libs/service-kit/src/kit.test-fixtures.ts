import type { KitLog } from './kit-log';
import { bytesMethods } from './grpc-methods';

export interface RecordedLog extends KitLog {
  readonly events: { readonly level: string; readonly message: string; readonly fields: unknown }[];
}

export function recordedLog(): RecordedLog {
  const events: RecordedLog['events'] = [];
  const at =
    (level: string) =>
    (message: string, fields: unknown = {}) =>
      void events.push({ level, message, fields });
  return { events, info: at('info'), warn: at('warn'), error: at('error') };
}

export const LOOPBACK = { host: '127.0.0.1', port: 0 };

/** A service that answers what it is asked. */
export const ECHO = bytesMethods({
  once: { path: '/test.Echo/Once', requestStream: false, responseStream: false },
  stream: { path: '/test.Echo/Stream', requestStream: true, responseStream: true },
});
