import { hlcTime } from '../clock';
import { checkpointCursor, type Cursor, type CursorKeys, encodeCursor, startCursor } from '../cursor';
import type { Delta } from '../delta';
import {
  deviceId,
  type SessionId,
  type SpaceId,
  spaceKey,
  type TenantId,
  type UserId,
  type Version,
} from '../ids';
import { DEFAULT_LIMITS, type Limits } from '../limits';
import type { DeviceMessage, Hello, Subscribe, SyncMode } from '../messages';
import { SERVED_CAPABILITIES } from '../negotiate';
import type { Outcome } from '../outcomes';
import { startPace } from '../pacing';
import type { Announcement, PageContent, PageEntry } from '../pages';
import { type Reason, refusal } from '../refusals';
import { WHOLE_SPACE } from '../scope';
import { create, NOW_MS, OWNER } from '../space.test-fixtures';
import type { Opening, SessionEffect, SessionInput } from './io';
import type { SavedSession } from './saved';
import { stepSession } from './session';
import { newSession, type SessionState } from './state';

export const HOME = 'home' as SpaceId;
export const TENANT = 'acme' as TenantId;
export const USER = 'ann' as UserId;
export const SCOPE_HASH = { a: 1, b: 2 };

/** Signs by adding up; enough where nobody forges. */
export const KEYS: CursorKeys = {
  current: 7,
  sign: (keyId, message) =>
    keyId === 7 ? new Uint8Array(16).fill(message.reduce((a, b) => (a + b) & 0xff, 0)) : null,
};

export const hello = (given: Partial<Hello> = {}): Hello => ({
  kind: 'hello',
  protocol: { min: 1, max: 1 },
  capabilities: SERVED_CAPABILITIES,
  tenant: null,
  device: deviceId('d'),
  info: { name: '', platform: '', appVersion: '', link: 'unknown', batteryPercent: null },
  token: 'token',
  clock: hlcTime(NOW_MS),
  schemaVersions: new Map(),
  resume: null,
  ...given,
});

export const subscribeTo = (space: SpaceId = HOME, mode: SyncMode = 'bidirectional'): Subscribe => ({
  kind: 'subscribe',
  space,
  scope: WHOLE_SPACE,
  cursor: null,
  mode,
  digests: new Map(),
  pending: [],
  tag: 7,
});

export const pushTo = (first: number, count = 1, space: SpaceId = HOME): DeviceMessage => ({
  kind: 'push',
  space,
  changes: Array.from({ length: count }, (_, index) =>
    create(`r${first + index}`, {}, { number: first + index }),
  ),
});

export const opening = (given: Partial<Opening> = {}): Opening => ({
  access: OWNER,
  epoch: 1,
  head: 10,
  digests: new Map(),
  cursor: startCursor(1, 10, SCOPE_HASH),
  reset: null,
  lastNumber: 0,
  mismatched: [],
  rulesChanges: 0,
  ...given,
});

export const atCheckpoint = (version: Version, epoch = 1): Cursor =>
  checkpointCursor(epoch, version, SCOPE_HASH);

/** As a device got it with the checkpoint of a version. */
export const signedCursor = (space: SpaceId, version: Version = 10): Uint8Array =>
  encodeCursor(atCheckpoint(version), spaceKey(TENANT, space), KEYS);

const put = (id: string, version: Version, bytes = 1): PageEntry => ({
  kind: 'put',
  record: {
    collection: 'notes' as never,
    id: id as never,
    version,
    payload: new Uint8Array(bytes),
    time: hlcTime(NOW_MS),
    device: deviceId('x'),
    number: version,
    user: USER,
    schemaVersion: 0,
    resurrected: false,
  },
});

/** The last page up to a version, with its checkpoint; or one with more to come. */
export function deltaTo(version: Version, { more = false, bytes = 1, epoch = 1 } = {}): Delta {
  const done = atCheckpoint(version, epoch);
  if (more) {
    const cursor = { ...done, checkpoint: 0 };
    return { page: { entries: [put(`r${version}`, version, bytes)], cursor }, checkpoint: null };
  }
  const checkpoint = { version, clock: new Map(), digests: new Map(), cursor: done };
  return { page: { entries: [put(`r${version}`, version, bytes)], cursor: done }, checkpoint };
}

export const announcement = (
  from: Version,
  to: Version,
  given: Partial<Announcement> = {},
): Announcement => ({
  epoch: 1,
  from,
  to,
  entries: [put(`r${to}`, to)],
  clock: new Map(),
  digests: new Map(),
  ...given,
});

export const outcome = (number: number, given: Partial<Outcome> = {}): Outcome => ({
  number,
  status: 'APPLIED',
  version: number,
  conflict: null,
  record: null,
  reason: null,
  message: '',
  aheadMs: 0,
  repeated: false,
  ...given,
});

/** A session under test: what goes in, and what comes out in words. */
export interface TestSession {
  readonly state: SessionState;
  /** What the last step wanted done. */
  readonly effects: readonly SessionEffect[];
  nowMs: number;
  step(input: SessionInput): string[];
  message(message: DeviceMessage): string[];
  /** The ticket of the space's last opening. */
  ticket(space?: SpaceId): number;
  authenticated(saved?: SavedSession | null): string[];
  opened(given?: Partial<Opening>, space?: SpaceId): string[];
  notOpened(reason: Reason, space?: SpaceId): string[];
  read(delta: Delta<PageContent>, space?: SpaceId): string[];
  notRead(reason: Reason, space?: SpaceId): string[];
  pushed(numbers: readonly number[], given?: Partial<Outcome>, space?: SpaceId): string[];
  announced(announcement: Announcement, space?: SpaceId): string[];
}

export function testSession(limits: Partial<Limits> = {}): TestSession {
  const all = { ...DEFAULT_LIMITS, ...limits };
  const setup = {
    limits: all,
    keys: KEYS,
    capabilities: SERVED_CAPABILITIES,
    newSession: 's1' as SessionId,
    openedAtMs: NOW_MS,
  };
  const state = newSession(setup, startPace(all));
  let effects: SessionEffect[] = [];
  const step = (input: SessionInput): string[] => {
    effects = stepSession(state, input, session.nowMs);
    return effects.map(inWords);
  };
  const ticket = (space: SpaceId = HOME): number => state.subscriptions.get(space)?.ticket ?? 0;
  const session: TestSession = {
    state,
    get effects() {
      return effects;
    },
    nowMs: NOW_MS,
    step,
    ticket,
    message: (message) => step({ kind: 'message', message }),
    authenticated: (saved = null) =>
      step({
        kind: 'authenticated',
        identity: { tenant: TENANT, user: USER, expiresAtMs: NOW_MS + 3_600_000 },
        saved,
      }),
    opened: (given = {}, space = HOME) =>
      step({ kind: 'opened', space, ticket: ticket(space), opening: opening(given) }),
    notOpened: (reason, space = HOME) =>
      step({ kind: 'not-opened', space, ticket: ticket(space), refusal: refusal(reason) }),
    read: (delta, space = HOME) => step({ kind: 'read', space, ticket: ticket(space), delta }),
    notRead: (reason, space = HOME) =>
      step({ kind: 'not-read', space, ticket: ticket(space), refusal: refusal(reason) }),
    pushed: (numbers, given = {}, space = HOME) => {
      const outcomes = numbers.map((number) => outcome(number, given));
      const answer = { result: { kind: 'outcomes', outcomes }, changesRemaining: 1_000 } as const;
      return step({ kind: 'pushed', space, ticket: ticket(space), answer });
    },
    announced: (each, space = HOME) => step({ kind: 'announced', space, announcement: each }),
  };
  return session;
}

/** A session that is past its handshake. */
export function welcomedSession(limits: Partial<Limits> = {}): TestSession {
  const session = testSession(limits);
  session.message(hello());
  session.authenticated();
  return session;
}

/** A session that stands at the head of the space, live. */
export function liveSession(limits: Partial<Limits> = {}, head: Version = 10): TestSession {
  const session = welcomedSession(limits);
  session.message(subscribeTo());
  session.opened({ head, cursor: atCheckpoint(head) });
  return session;
}

function inWords(effect: SessionEffect): string {
  switch (effect.do) {
    case 'send':
      return sent(effect);
    case 'authenticate':
      return `authenticate ${effect.token}`;
    case 'open': {
      const { subscribe, restart } = effect.request;
      return `open ${subscribe.space}${restart === null ? '' : ` ${restart.reason}`}`;
    }
    case 'plan':
      return `plan ${effect.request.space}`;
    case 'read':
      return `read ${effect.space} ${effect.cursor.position}`;
    case 'push':
      return `push ${effect.space} ${effect.changes.map(({ number }) => number).join(',')}`;
    case 'watch':
    case 'unwatch':
    case 'acknowledge':
      return `${effect.do} ${effect.space}`;
    case 'show-presence':
      return `show-presence ${effect.presence.space}`;
    case 'save':
    case 'forget':
    case 'close':
      return effect.do;
  }
}

function sent({ message }: SessionEffect & { do: 'send' }): string {
  switch (message.kind) {
    case 'welcome':
      return `> welcome ${message.session}${message.resumed.map((space) => ` ${space}`).join('')}`;
    case 'page':
      return `> page ${message.entries.map((entry) => ('record' in entry ? entry.record : entry).id).join(',')}`;
    case 'encoded-page':
      return `> encoded page of ${message.entries.count}`;
    case 'checkpoint':
      return `> checkpoint ${message.version}`;
    case 'outcomes':
      return `> outcomes ${message.outcomes.map(({ number }) => number).join(',')}`;
    case 'reset':
      return `> reset ${message.refusal.reason}`;
    case 'notice':
      return `> notice ${message.notice}`;
    case 'refusal':
      return `> refuse ${message.about ?? ''} ${message.refusal.reason}${message.closing ? ' closing' : ''}`;
    case 'authenticated':
    case 'pace':
    case 'plan':
    case 'presence':
    case 'subscribed':
      return `> ${message.kind}`;
  }
}
