import type { Presence, PresenceEvents, RateLimits, SessionRegistry, Timer } from '@syncline/ports';

export type DegradedPart = 'sessions' | 'rates' | 'presence';

/** Told when a part begins to count for this process alone, with the reason, and when it is shared again. */
export type OnDegraded = (part: DegradedPart, degraded: boolean, error: unknown) => void;

export interface LocalFallbackDeps {
  readonly timer: Timer;
  readonly onDegraded: OnDegraded;
  /** After a failure Redis is left alone for so long, so that nobody has to wait for it each time. */
  readonly leftAloneMs?: number;
  /** What has not failed for so long is taken to be shared again, as perhaps nobody asks for it any more. */
  readonly forgottenMs?: number;
}

const LEFT_ALONE_MS = 1_000;
const FORGOTTEN_MS = 60_000;

/** A session is never failed because Redis is: what could be shared is then known in this process only. */
export function rateLimitsWithFallback(
  shared: RateLimits,
  local: RateLimits,
  deps: LocalFallbackDeps,
): RateLimits {
  const { either } = fallback('rates', deps);
  return {
    take: (wanted) =>
      either(
        () => shared.take(wanted),
        () => local.take(wanted),
      ),
  };
}

/** Sessions that were open before are counted locally as soon as they are renewed. */
export function sessionRegistryWithFallback(
  shared: SessionRegistry,
  local: SessionRegistry,
  deps: LocalFallbackDeps,
): SessionRegistry {
  const { either } = fallback('sessions', deps);
  const both = async (sharedCall: () => Promise<void>, localCall: () => Promise<void>): Promise<void> => {
    await localCall();
    await either(sharedCall, () => Promise.resolve());
  };
  return {
    save: (session, forMs) =>
      either(
        () => shared.save(session, forMs),
        () => local.save(session, forMs),
      ),
    async load(id) {
      const found = await either(
        () => shared.load(id),
        () => Promise.resolve(null),
      );
      // It may have been saved while Redis was away.
      return found ?? local.load(id);
    },
    forget: (id) =>
      both(
        () => shared.forget(id),
        () => local.forget(id),
      ),
    enter: (session, openMax, forMs) =>
      either(
        () => shared.enter(session, openMax, forMs),
        () => local.enter(session, openMax, forMs),
      ),
    renew: (sessions, forMs) =>
      either(
        () => shared.renew(sessions, forMs),
        () => local.renew(sessions, forMs),
      ),
    leave: (session) =>
      both(
        () => shared.leave(session),
        () => local.leave(session),
      ),
  };
}

/**
 * The local roster is kept along, so that it is right at once when it is needed. While it is, events still carry to other
 * processes what is shown here; listeners may hear the same twice.
 */
export function presenceWithFallback(
  shared: Presence,
  local: Presence,
  { events, ...deps }: LocalFallbackDeps & { readonly events: PresenceEvents },
): Presence {
  const { either, isDegraded } = fallback('presence', deps);
  const nothing = (): Promise<void> => Promise.resolve();
  return {
    async show(space, present, forMs) {
      await either(
        () => shared.show(space, present, forMs),
        () => events.publish(space, present).catch(nothing),
      );
      await local.show(space, present, forMs);
    },
    async leave(space, device) {
      await either(() => shared.leave(space, device), nothing);
      await local.leave(space, device);
    },
    roster: (space) =>
      either(
        () => shared.roster(space),
        () => local.roster(space),
      ),
    listen(space, listener) {
      const stops = [
        shared.listen(space, listener),
        local.listen(space, (present) => void (isDegraded() && listener(present))),
      ];
      return () => stops.forEach((stop) => stop());
    },
  };
}

interface Fallback {
  readonly either: <Result>(
    sharedCall: () => Promise<Result>,
    localCall: () => Promise<Result>,
  ) => Promise<Result>;
  readonly isDegraded: () => boolean;
}

function fallback(
  part: DegradedPart,
  { timer, onDegraded, leftAloneMs = LEFT_ALONE_MS, forgottenMs = FORGOTTEN_MS }: LocalFallbackDeps,
): Fallback {
  const state = { degraded: false, leftAlone: false };
  let stopForgetting = (): void => undefined;

  const become = (degraded: boolean, error: unknown): void => {
    stopForgetting();
    if (degraded) stopForgetting = timer.after(forgottenMs, () => become(false, null));
    if (state.degraded === degraded) return;
    state.degraded = degraded;
    onDegraded(part, degraded, error);
  };
  const leaveAlone = (): void => {
    if (state.leftAlone) return;
    state.leftAlone = true;
    timer.after(leftAloneMs, () => {
      state.leftAlone = false;
    });
  };

  return {
    async either(sharedCall, localCall) {
      if (state.leftAlone) return localCall();
      try {
        const result = await sharedCall();
        if (!state.leftAlone) become(false, null);
        return result;
      } catch (error) {
        become(true, error);
        leaveAlone();
        return localCall();
      }
    },
    isDegraded: () => state.degraded,
  };
}
