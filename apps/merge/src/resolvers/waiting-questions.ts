import type { TenantId } from '@syncline/core';
import type { ResolverEnd } from '@syncline/flows';
import type { Clock, WaitingConflict } from '@syncline/ports';
import { growingPauses } from './growing-pauses';
import type { ResolverSettings } from './resolver-settings';

export interface WaitingQuestionsDeps {
  readonly settings: Pick<
    ResolverSettings,
    'callsMax' | 'callsPerTenantMax' | 'waitingMax' | 'pauseMs' | 'pauseMsMax'
  >;
  readonly clock: Clock;
  readonly tenantOf: (conflict: WaitingConflict) => TenantId;
  /** Never rejects. */
  readonly attempt: (conflict: WaitingConflict) => Promise<ResolverEnd>;
}

export interface WaitingQuestions {
  /** Those that wait, and those that are being asked. */
  readonly size: number;
  readonly isFull: boolean;
  /** Asks about a conflict as soon as there is room; not about one that is being asked, or that has to pause. */
  add(conflict: WaitingConflict): void;
  /** Begins nothing more. */
  close(): void;
  /** Resolves when nothing is being asked. */
  rest(): Promise<void>;
}

/** Conflicts in the order in which they came, but that no tenant takes up all the room. */
export function waitingQuestions(deps: WaitingQuestionsDeps): WaitingQuestions {
  const { settings, clock, tenantOf, attempt } = deps;
  const waiting = new Map<string, WaitingConflict>();
  const running = new Map<string, Promise<void>>();
  const ofTenant = new Map<TenantId, number>();
  const pauses = growingPauses(settings, clock);
  let closed = false;

  const count = (tenant: TenantId, by: 1 | -1): void => {
    const calls = (ofTenant.get(tenant) ?? 0) + by;
    if (calls === 0) ofTenant.delete(tenant);
    else ofTenant.set(tenant, calls);
  };
  const begin = (key: string, conflict: WaitingConflict): void => {
    const tenant = tenantOf(conflict);
    count(tenant, 1);
    waiting.delete(key);
    const ended = attempt(conflict).then((end) => {
      pauses.note(key, end);
      running.delete(key);
      count(tenant, -1);
      beginMore();
    });
    running.set(key, ended);
  };
  const beginMore = (): void => {
    for (const [key, conflict] of waiting) {
      if (closed || running.size >= settings.callsMax) return;
      if ((ofTenant.get(tenantOf(conflict)) ?? 0) < settings.callsPerTenantMax) begin(key, conflict);
    }
  };

  return {
    get size() {
      return waiting.size + running.size;
    },
    get isFull() {
      return waiting.size >= settings.waitingMax;
    },
    add(conflict) {
      const key = `${conflict.space}\u0000${conflict.id}`;
      if (closed || waiting.has(key) || running.has(key) || pauses.has(key)) return;
      if (waiting.size >= settings.waitingMax) return;
      waiting.set(key, conflict);
      beginMore();
    },
    close() {
      closed = true;
      waiting.clear();
    },
    async rest() {
      while (running.size > 0) await Promise.all(running.values());
    },
  };
}
