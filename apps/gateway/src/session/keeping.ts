import type { SavedSession, SessionId, SpaceId } from '@syncline/core';
import { every } from '../every';
import type { GatewayDeps } from '../gateway-deps';
import type { Acknowledged, SessionAnswers } from './answers';
import { type DeviceSession, keyOf } from './device-session';

/** Writes down how far devices have come, later and in one go: only the last word of each counts. */
export interface Keeping {
  acknowledge(session: DeviceSession, space: SpaceId, cursor: Uint8Array): void;
  save(saved: SavedSession): void;
  forget(id: SessionId): void;
  /** Writes what is still to be written, and resolves when it is. */
  close(): Promise<void>;
}

const AT_ONCE = 16;
/** Of what devices acknowledged, so much is written in one go: rows are held for as long as it takes. */
const WRITTEN_TOGETHER = 500;

export function keeping(deps: GatewayDeps, answers: Pick<SessionAnswers, 'acknowledge'>): Keeping {
  const { sessions, limits, log } = deps;
  const acknowledged = new Map<string, Acknowledged>();
  const unsaved = new Map<SessionId, SavedSession>();

  const noteDown = async (notes: readonly Acknowledged[]): Promise<void> => {
    for (let at = 0; at < notes.length; at += WRITTEN_TOGETHER) {
      const several = notes.slice(at, at + WRITTEN_TOGETHER);
      try {
        await answers.acknowledge(several);
      } catch (error) {
        // The next ones say the same and more; until then the floor stays where it is.
        log.warn('acknowledgements were not written down', { count: several.length, error });
      }
    }
  };

  const writeAll = async (): Promise<void> => {
    const notes = [...acknowledged.values()];
    const saves = [...unsaved.values()];
    acknowledged.clear();
    unsaved.clear();
    await noteDown(notes);
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
