import type { ChannelCredentials } from '@grpc/grpc-js';
import type { CursorKeys } from '@syncline/core';
import type { Chance, Clock, Timer } from '@syncline/ports';
import { grpcChannel } from '@syncline/service-kit';
import type { Log } from '@syncline/telemetry';
import type { Backends } from '../backends';
import { type Lookup, targetAddresses } from './addresses';
import { DELTA_ATTEMPTS_MAX, DELTA_RETRY_SAFE, remoteDelta } from './remote-delta';
import { remoteMerge } from './remote-merge';
import { DEFAULT_REMOTE_SETTINGS, type RemoteSettings } from './remote-settings';

export interface RemoteBackendsDeps {
  /** gRPC targets such as `dns:///merge:7410`. */
  readonly mergeTarget: string;
  readonly deltaTarget: string;
  readonly credentials: ChannelCredentials;
  readonly lookup: Lookup;
  readonly keys: CursorKeys;
  readonly clock: Clock;
  readonly timer: Timer;
  readonly chance: Chance;
  readonly log: Log;
  readonly settings?: Partial<RemoteSettings>;
}

export interface RemoteBackends extends Backends {
  close(): Promise<void>;
}

/** The merge and the delta service, wherever they run. */
export function remoteBackends(deps: RemoteBackendsDeps): RemoteBackends {
  const { credentials, clock, keys, timer } = deps;
  const settings = { ...DEFAULT_REMOTE_SETTINGS, ...deps.settings };
  const { deadlineMs, resolveEveryMs: resolveAgainMs } = settings;
  const addresses = targetAddresses(deps.mergeTarget, deps.lookup);
  const named = addresses.serverName === null ? {} : { serverName: addresses.serverName };
  const connect = (target: string) => grpcChannel({ target, credentials, clock, deadlineMs, ...named });
  const merge = remoteMerge({ ...deps, addresses, connect, settings });
  const delta = remoteDelta({
    channel: grpcChannel({
      target: deps.deltaTarget,
      credentials,
      clock,
      deadlineMs,
      resolveAgainMs,
      retrySafe: DELTA_RETRY_SAFE,
      attemptsMax: DELTA_ATTEMPTS_MAX,
    }),
    keys,
    timer,
    settings,
  });
  return {
    push: merge.push,
    read: delta.read,
    plan: delta.plan,
    compare: delta.compare,
    async close() {
      await merge.close();
      await delta.close();
    },
  };
}
