import { setLogger } from '@grpc/grpc-js';
import type { KitLog } from './kit-log';

/** What the gRPC library has to say goes to the log of the program, for the whole process, instead of to the console. */
export function logGrpcTo(log: KitLog): void {
  const say = (...words: readonly unknown[]): void => log.warn('gRPC', { said: words.map(String).join(' ') });
  setLogger({ error: say, info: say, debug: say });
}
