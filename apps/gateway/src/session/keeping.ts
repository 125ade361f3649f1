import type { SavedSession, SessionId, SpaceId } from '@syncline/core';
import { every } from '../every';
import type { GatewayDeps } from '../gateway-deps';
import type { SessionAnswers } from './answers';
import { type DeviceSession, keyOf } from './device-session';

/** Writes down how far devices have come, later and in one go: only the last word of each counts. */
export interface Keeping {
  acknowledge(session: DeviceSession, space: SpaceId, cursor: Uint8Array): void;
  save(saved: SavedSession): void;
  forget(id: SessionId): void;
  /** Writes what is still to be written, and resolves when it is. */
  close(): Promise<void>;
}

interface Acknowledged {
  readonly session: DeviceSession;
  readonly space: SpaceId;
  readonly cursor: Uint8Array;
}

const AT_ONCE = 16;

export function keeping(deps: GatewayDeps, answers: Pick<SessionAnswers, 'acknowledge'>): Keeping {
  const { sessions, limits, log } = deps;
  const acknowledged = new Map<string, Acknowledged>();
  const unsaved = new Map<SessionId, SavedSession>();

  const noteDown = async ({ session, space, cursor }: Acknowledged): Promise<void> => {
    try {
      await answers.acknowledge(session, keyOf(session, space), cursor);
    } catch (error) {
      // The next one says the same and more; until then the floor stays where it is.
      log.warn('an acknowledgement was not written down', { error });
    }
  };

  const writeAll = async (): Promise<void> => {
    const notes = [...acknowledged.values()];
    const saves = [...unsaved.values()];
    acknowledged.clear();
    unsaved.clear();
    await inTurns(notes, noteDown);
    await inTurns(saves, (saved) => sessions.save(saved, limits.resumeWithinMs));
  };
  const stop = every(deps.timer, deps.timing.keepEveryMs, writeAll);

  return {
    acknowledge(session, space, cursor) {
      const name = `${keyOf(session, space)}\u0000${session.state.hello!.device}`;
      acknowledged.set(name, { session, space, cursor });
    },
    save: (saved) => void unsaved.set(saved.id, saved),
    forget(id) {
      unsaved.delete(id);
      void sessions.forget(id);
    },
    async close() {
      stop();
      await writeAll();
    },
  };
}

/** A few at a time. */
async function inTurns<Item>(items: readonly Item[], work: (item: Item) => Promise<unknown>): Promise<void> {
  const waiting = [...items];
  const next = async (): Promise<void> => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, next));
}
