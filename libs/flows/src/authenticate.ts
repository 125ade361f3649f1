import {
  type Answer,
  type DeviceId,
  granted,
  limitName,
  type Limits,
  refused,
  type SavedSession,
  type SessionId,
} from '@syncline/core';
import type { Clock, Directory, Identity, SessionRegistry, Tokens } from '@syncline/ports';

export interface AuthenticateDeps {
  readonly tokens: Tokens;
  readonly directory: Directory;
  readonly sessions: SessionRegistry;
  readonly clock: Clock;
  readonly limits: Limits;
}

export interface AuthenticateRequest {
  readonly token: string;
  readonly device: DeviceId;
  /** The session that counts against the device's limit; null when a token is only refreshed. */
  readonly entering: SessionId | null;
  readonly resume: SessionId | null;
}

export interface Authenticated {
  readonly identity: Identity;
  readonly saved: SavedSession | null;
}

/** Finds out who a device is, whether it may come in, and what it had open before. */
export function authenticate({ tokens, directory, sessions, clock, limits }: AuthenticateDeps) {
  return async (request: AuthenticateRequest): Promise<Answer<Authenticated>> => {
    const verified = await tokens.verify(request.token, clock.nowMs());
    if (!verified.ok) return verified;
    const { identity } = verified;
    const { tenant } = identity;
    if (await directory.isRevoked({ tenant, device: request.device })) return refused('DEVICE_REVOKED');
    if (request.entering !== null) {
      const openMax = limits.sessionsPerDeviceMax;
      const entered = await sessions.enter(
        tenant,
        request.device,
        request.entering,
        openMax,
        limits.resumeWithinMs,
      );
      if (!entered) {
        return refused('TOO_MANY_SESSIONS', {
          facts: { limit: limitName('sessionsPerDeviceMax'), allowed: String(openMax) },
        });
      }
    }
    const saved = request.resume === null ? null : await sessions.load(request.resume);
    return granted({ identity, saved });
  };
}
