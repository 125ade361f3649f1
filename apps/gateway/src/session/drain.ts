import { refusal } from '@syncline/core';
import type { GatewayDeps } from '../gateway-deps';
import type { DeviceSession, Feeding } from './device-session';
import { isPushing } from './flow-control';

/** Of the time for draining: while notices go out, until when devices are asked to have left, and when all are sent away. */
const NOTICES_SHARE = 0.3;
const LEAVE_SHARE = 0.7;
const END_SHARE = 0.9;
const LOOKS = 50;

/**
 * Tells the devices one after the other to move elsewhere, and sends away those that stay, first the ones that wait for
 * nothing. Resolves when all are gone, or the time for it is over.
 */
export function drainSessions(
  { timer, timing, clock }: Pick<GatewayDeps, 'timer' | 'timing' | 'clock'>,
  { feed }: Feeding,
  open: () => readonly DeviceSession[],
): Promise<void> {
  const startedAtMs = clock.nowMs();
  const untold = [...open()];
  const count = untold.length;
  const share = (): number => (clock.nowMs() - startedAtMs) / Math.max(1, timing.drainMs);

  const tellSome = (): void => {
    const told = Math.min(count, Math.ceil((count * share()) / NOTICES_SHARE));
    const inMs = Math.max(0, Math.round((LEAVE_SHARE - share()) * timing.drainMs));
    while (untold.length > count - told) feed(untold.shift()!, { kind: 'draining', inMs });
  };
  const sendAway = (): void => {
    const patient = share() < END_SHARE;
    for (const session of open())
      if (!patient || !isPushing(session)) feed(session, { kind: 'shut-out', refusal: refusal('DRAINING') });
  };

  return new Promise((resolve) => {
    const look = (): void => {
      tellSome();
      if (share() >= LEAVE_SHARE) sendAway();
      if (open().length === 0 || share() >= 1) resolve();
      else timer.after(timing.drainMs / LOOKS, look);
    };
    look();
  });
}
