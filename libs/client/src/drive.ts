import { maySend } from './push';
import { downloads, type EngineState, type Space } from './state';
import { NEXT_EVENT, nextState, type RestingState, type SyncEvent } from './sync-state';
import { notify, pushTimer, restartTimer, type Turn } from './turn';

/** Moves every space's sync state, event by event, to where the facts say it is now. */
export function driveSyncStates(turn: Turn): void {
  for (const space of turn.state.spaces.values()) {
    const target = targetOf(turn.state, space);
    for (
      let event = NEXT_EVENT[space.syncState][target];
      event !== null;
      event = NEXT_EVENT[space.syncState][target]
    )
      move(turn, space, event);
  }
}

/** Own changes met others: that is settled before anything else is sent. */
export function resolveConflicts(turn: Turn, space: Space): void {
  if (space.syncState === 'UPLOADING') move(turn, space, 'resolve');
}

function move(turn: Turn, space: Space, event: SyncEvent): void {
  const from = space.syncState;
  const to = nextState(from, event);
  space.syncState = to;
  notify(turn, { kind: 'sync-state', space: space.id, from, to, event });
}

function targetOf(state: EngineState, space: Space): RestingState {
  const { connection, timers } = state;
  const { link, syncState, pending } = space;
  if (link.phase === 'stopped' || connection.status === 'stopped') return 'ERROR';
  const idle = syncState === 'IDLE';
  if (connection.status !== 'open') {
    const nothingToDo = pending.size === 0 && space.epoch !== null && !link.wanted;
    return idle && nothingToDo ? 'IDLE' : 'QUEUED';
  }
  if (timers.has(restartTimer(space.id))) return 'QUEUED';
  if (link.phase === 'none' || link.phase === 'subscribing') return 'CHECKING';
  if (space.mode === 'check-only') return link.planned ? 'IDLE' : 'CHECKING';
  const uploading = link.inFlight !== null || maySend(connection, space);
  if (uploading && link.pushFailures > 0 && timers.has(pushTimer(space.id))) return 'QUEUED';
  const downloading = downloads(space.mode) && downloads(link.mode) && !link.caughtUp;
  // What goes on in both directions keeps the name that it began with.
  if (downloading && !(uploading && syncState === 'UPLOADING')) return 'DOWNLOADING';
  return uploading ? 'UPLOADING' : 'IDLE';
}
