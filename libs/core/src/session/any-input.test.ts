import * as fc from 'fast-check';
import { decodeCursor } from '../cursor';
import { deviceId, type SessionId, spaceKey, type SpaceId } from '../ids';
import { type Reason, refusal } from '../refusals';
import { WHOLE_SPACE } from '../scope';
import { OWNER } from '../space.test-fixtures';
import type { SessionEffect, SessionInput } from './io';
import {
  announcement,
  deltaTo,
  hello,
  KEYS,
  opening,
  outcome,
  pushTo,
  signedCursor,
  subscribeTo,
  TENANT,
  testSession,
  USER,
  atCheckpoint,
} from './session.test-fixtures';

const SPACES = ['home', 'work'] as SpaceId[];
const space = fc.constantFrom(...SPACES);
const version = fc.integer({ min: 0, max: 20 });
const epoch = fc.constantFrom(1, 1, 1, 2);
const reason = fc.constantFrom<Reason>('UNAVAILABLE', 'CURSOR_TOO_OLD', 'EPOCH_CHANGED', 'SPACE_NOT_FOUND');
const mode = fc.constantFrom('bidirectional', 'upload-only', 'download-only', 'check-only' as const);
const access = fc.constantFrom(
  OWNER,
  { ...OWNER, role: 'reader' as const },
  {
    ...OWNER,
    collections: new Map([['notes' as never, 'none' as const]]),
  },
);

/** Answers name the last opening, as a shell's do, or an earlier one. */
type Step = (session: ReturnType<typeof testSession>) => SessionInput;
const ticketOf = (session: ReturnType<typeof testSession>, where: SpaceId, stale: boolean) =>
  stale ? Math.max(0, session.ticket(where) - 1) : session.ticket(where);

const messages = fc.oneof(
  fc.constant(hello()),
  fc.constant(hello({ resume: 'old' as SessionId })),
  fc.tuple(space, mode).map(([where, how]) => subscribeTo(where, how)),
  fc
    .tuple(fc.integer({ min: 0, max: 4 }), fc.nat(3), space)
    .map(([first, count, where]) => pushTo(first, count, where)),
  fc
    .tuple(space, fc.boolean())
    .map(
      ([where, forged]) =>
        ({ kind: 'ack', space: where, cursor: forged ? new Uint8Array(1) : signedCursor(where) }) as const,
    ),
  space.map((where) => ({ kind: 'unsubscribe', space: where }) as const),
  space.map(
    (where) =>
      ({
        kind: 'presence',
        space: where,
        status: 'online',
        text: '',
        batteryPercent: null,
        link: 'wifi',
      }) as const,
  ),
  fc.constant({ kind: 'authenticate', token: 't' } as const),
);

const stepped = (arbitrary: fc.Arbitrary<SessionInput>): fc.Arbitrary<Step> =>
  arbitrary.map((input) => () => input);
const identity = { tenant: TENANT, user: USER, expiresAtMs: 1_700_003_600_000 };
const subscriptions = SPACES.map((where) => ({
  space: where,
  scope: WHOLE_SPACE,
  mode: 'bidirectional' as const,
  cursor: null,
}));
const saved = { id: 'old' as SessionId, tenant: TENANT, user: USER, device: deviceId('d'), subscriptions };

const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: stepped(messages.map((message) => ({ kind: 'message', message }))) },
  {
    weight: 2,
    arbitrary: stepped(
      fc.constantFrom(null, saved).map((each) => ({ kind: 'authenticated', identity, saved: each })),
    ),
  },
  stepped(fc.constant({ kind: 'not-authenticated', refusal: refusal('UNAUTHENTICATED') })),
  {
    weight: 4,
    arbitrary: fc
      .tuple(space, fc.boolean(), version, epoch, fc.boolean())
      .map(([where, stale, head, of, reset]): Step => (session) => ({
        kind: 'opened',
        space: where,
        ticket: ticketOf(session, where, stale),
        opening: opening({
          head,
          epoch: of,
          cursor: atCheckpoint(head, of),
          reset: reset ? refusal('EPOCH_CHANGED') : null,
        }),
      })),
  },
  fc.tuple(space, fc.boolean(), reason).map(([where, stale, why]): Step => (session) => ({
    kind: 'not-opened',
    space: where,
    ticket: ticketOf(session, where, stale),
    refusal: refusal(why),
  })),
  {
    weight: 4,
    arbitrary: fc
      .tuple(space, fc.boolean(), fc.nat(5), fc.boolean())
      .map(([where, stale, ahead, more]): Step => (session) => {
        // A delta store answers only what was asked, and never goes back.
        const sub = session.state.subscriptions.get(where);
        const asked = sub?.reading === 'asked' ? sub.opened : null;
        const delta = deltaTo((asked?.cursor.position ?? 0) + ahead, { more, epoch: asked?.epoch ?? 1 });
        const ticket = asked === null ? -1 : ticketOf(session, where, stale);
        return { kind: 'read', space: where, ticket, delta };
      }),
  },
  fc.tuple(space, reason).map(([where, why]): Step => (session) => {
    const asked = session.state.subscriptions.get(where)?.reading === 'asked';
    return {
      kind: 'not-read',
      space: where,
      ticket: asked ? session.ticket(where) : -1,
      refusal: refusal(why),
    };
  }),
  fc.tuple(space, fc.boolean()).map(([where, fine]): Step => (session) => ({
    kind: 'pushed',
    space: where,
    ticket: session.ticket(where),
    answer: {
      result: fine
        ? { kind: 'outcomes', outcomes: [outcome(1)] }
        : { kind: 'refused', refusal: refusal('UNAVAILABLE') },
      changesRemaining: 3,
    },
  })),
  {
    weight: 4,
    arbitrary: stepped(
      fc.tuple(space, version, version, epoch, fc.boolean()).map(([where, from, by, of, whole]) => ({
        kind: 'announced',
        space: where,
        announcement: announcement(from, from + by, { epoch: of, ...(whole ? {} : { entries: null }) }),
      })),
    ),
  },
  stepped(
    fc
      .tuple(space, fc.option(access))
      .map(([where, each]) => ({ kind: 'access', space: where, access: each })),
  ),
  stepped(
    fc.constantFrom(false, false, false, true).map((ends) => ({
      kind: 'unreadable',
      about: 'push',
      space: null,
      refusal: refusal('INVALID_ARGUMENT'),
      ends,
    })),
  ),
  stepped(fc.nat(400).map((bytes) => ({ kind: 'flushed', bytes }))),
  stepped(fc.constantFrom<SessionInput>({ kind: 'tick' }, { kind: 'tick' }, { kind: 'draining', inMs: 0 })),
);

/** What a shell would notice if the machine broke its word. */
class Watcher {
  private readonly watched = new Set<SpaceId>();
  private readonly opened = new Set<SpaceId>();
  private readonly reached = new Map<SpaceId, number>();
  private closed = false;

  see(effect: SessionEffect): void {
    expect(this.closed).toBe(false);
    switch (effect.do) {
      case 'watch':
        expect(this.watched).not.toContain(effect.space);
        this.watched.add(effect.space);
        break;
      case 'unwatch':
        expect(this.watched).toContain(effect.space);
        this.watched.delete(effect.space);
        this.opened.delete(effect.space);
        this.reached.delete(effect.space);
        break;
      case 'open':
        this.opened.delete(effect.request.subscribe.space);
        this.reached.delete(effect.request.subscribe.space);
        break;
      case 'read':
      case 'push':
        expect(this.opened).toContain(effect.space);
        break;
      case 'close':
        expect(this.watched.size).toBe(0);
        this.closed = true;
        break;
      case 'send':
        this.seeMessage(effect);
        break;
      case 'authenticate':
      case 'plan':
      case 'acknowledge':
      case 'show-presence':
      case 'save':
      case 'forget':
    }
  }

  private seeMessage({ message }: SessionEffect & { do: 'send' }): void {
    if (message.kind === 'subscribed') this.opened.add(message.space);
    if (message.kind === 'page' || message.kind === 'checkpoint') {
      expect(this.opened).toContain(message.space);
      const cursor = decodeCursor(message.cursor, spaceKey(TENANT, message.space), KEYS)!;
      if (message.kind === 'page') return;
      expect(cursor).toMatchObject({ position: message.version, checkpoint: message.version });
      expect(message.version).toBeGreaterThanOrEqual(this.reached.get(message.space) ?? 0);
      this.reached.set(message.space, message.version);
    }
  }
}

test('whatever comes in whatever order, a session keeps its word', () => {
  fc.assert(
    fc.property(fc.array(steps, { maxLength: 60, size: 'max' }), fc.boolean(), (inputs, greeted) => {
      const session = testSession({ sendWindowBytesMax: 2_000, pageBytesMax: 400 });
      const watcher = new Watcher();
      const step = (input: SessionInput): void => {
        session.step(input);
        session.effects.forEach((effect) => watcher.see(effect));
        expect(session.state.unsentBytes).toBeGreaterThanOrEqual(0);
        session.nowMs += 100;
      };
      if (greeted) {
        step({ kind: 'message', message: hello() });
        step({ kind: 'authenticated', identity, saved: null });
      }
      for (const input of inputs) step(input(session));
      step({ kind: 'disconnected' });
      expect(session.step({ kind: 'tick' })).toEqual([]);
    }),
    { numRuns: 400 },
  );
});
