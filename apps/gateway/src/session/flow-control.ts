import type { Limits } from '@syncline/core';
import type { DeviceSession } from './device-session';

/** More is not asked of the other parts at once on behalf of one session. */
const ASKED_MAX = 64;
/** So many messages of the largest size may wait for their turn here. */
const WAITING_MESSAGES_MAX = 2;

/** A device is not listened to while it takes nothing itself, or while what it said before is still being worked on. */
export function mayRead(session: DeviceSession, limits: Limits): boolean {
  return (
    session.state.unsentBytes < limits.sendWindowBytesMax &&
    session.asked < ASKED_MAX &&
    (session.state.phase !== 'greeted' || session.earlyBytes <= limits.messageBytesMax) &&
    waitingBytes(session) <= WAITING_MESSAGES_MAX * limits.messageBytesMax
  );
}

/** Of pushes that were received and are not answered, nor dropped. */
function waitingBytes({ state, receivedPushes, pushBytesAsked }: DeviceSession): number {
  let bytes = pushBytesAsked;
  for (const message of state.early)
    if (message.kind === 'push') bytes += receivedPushes.get(message.changes)?.bytes ?? 0;
  for (const { queue } of state.subscriptions.values())
    for (const changes of queue) bytes += receivedPushes.get(changes)?.bytes ?? 0;
  return bytes;
}

/** Everything that the device asked for has been answered. */
export function isAnswered({ state, asked }: DeviceSession): boolean {
  if (asked > 0) return false;
  for (const { push, queue, reading } of state.subscriptions.values())
    if (push !== null || queue.length > 0 || reading !== 'idle') return false;
  return true;
}

/** Pushes are on their way whose outcome the device should hear. */
export function isPushing({ state }: DeviceSession): boolean {
  return [...state.subscriptions.values()].some(({ push, queue }) => push !== null || queue.length > 0);
}
