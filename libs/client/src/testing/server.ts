import {
  nextEpoch,
  type Access,
  announcementOf,
  type ChangeKey,
  changeKey,
  type ChangeNumber,
  type CheckPlan,
  CORE_POLICIES,
  type Cursor,
  type CursorKeys,
  cursorObstacle,
  decodeCursor,
  DEFAULT_LIMITS,
  type Delta,
  deltaOf,
  type DeviceId,
  type DeviceMessage,
  type HistoryEntry,
  imageOf,
  type Limits,
  newSession,
  pastKey,
  pastNeeded,
  pastWrites,
  plainMessage,
  planMerge,
  policyRegistry,
  type Reader,
  type Receipt,
  type RecordImage,
  type RecordKey,
  recordKey,
  refusal,
  rulesBook,
  type RulesBook,
  scopeHash,
  SERVED_CAPABILITIES,
  type ServerMessage,
  type SessionEffect,
  type SessionId,
  type SessionInput,
  type SessionState,
  spaceKey,
  type SpaceId,
  type SpaceState,
  startCursor,
  startPace,
  stepSession,
  type StoredRecord,
  type Subscribe,
  type TenantId,
  type UserId,
} from '@syncline/core';

const KEYS: CursorKeys = { current: 1, sign: () => new Uint8Array(16) };
const LIMITS: Limits = { ...DEFAULT_LIMITS, pushChangesMax: 4 };
const TENANT = 't' as TenantId;
const OWNER: Access = { role: 'owner', collections: new Map() };

interface Truth {
  state: SpaceState;
  records: Map<RecordKey, StoredRecord>;
  lastNumbers: Map<DeviceId, ChangeNumber>;
  receipts: Map<ChangeKey, Receipt>;
  history: HistoryEntry[];
}

/** A session of the server as one device sees it. Messages wait in `outbox` until they are delivered. */
export interface FakeSession {
  readonly outbox: ServerMessage[];
  receive(message: DeviceMessage): void;
  close(): void;
}

/** The real session, merge and delta rules around maps: one space, all access, every answer at once. */
export class FakeServer {
  nowMs = 1_000_000;
  /** Records a page holds at most. */
  pageRecordsMax = 3;
  pushes = 0;
  /** Whose tokens these are; null where each device is its own user. */
  user: UserId | null = null;
  truth: Truth;
  private readonly sessions = new Set<Session>();

  constructor(
    readonly space: SpaceId,
    private readonly rules: RulesBook = defaultRules(),
  ) {
    const state = { space: this.key, epoch: 1, head: 0, floor: 0, digests: new Map(), records: 0, bytes: 0 };
    this.truth = { state, records: new Map(), lastNumbers: new Map(), receipts: new Map(), history: [] };
  }

  private get key() {
    return spaceKey(TENANT, this.space);
  }

  live(): RecordImage[] {
    return [...this.truth.records.values()].flatMap((record) => imageOf(record) ?? []);
  }

  /** A copy of everything, and the way back to it under a new epoch. */
  backup(): Truth {
    return copyOfTruth(this.truth);
  }

  restore(backup: Truth): void {
    const { epoch } = this.truth.state;
    this.truth = copyOfTruth(backup);
    this.truth.state = nextEpoch({ ...this.truth.state, epoch });
    this.sessions.clear();
  }

  connect(device: DeviceId): FakeSession {
    const setup = {
      limits: LIMITS,
      keys: KEYS,
      capabilities: SERVED_CAPABILITIES,
      newSession: 's' as SessionId,
      openedAtMs: this.nowMs,
    };
    const session = { device, outbox: [], state: newSession(setup, startPace(LIMITS)) };
    this.sessions.add(session);
    return {
      outbox: session.outbox,
      receive: (message) => this.step(session, { kind: 'message', message }),
      close: () => void this.sessions.delete(session),
    };
  }

  private step(session: Session, input: SessionInput): void {
    if (!this.sessions.has(session)) return;
    for (const effect of stepSession(session.state, input, this.nowMs)) this.perform(session, effect);
  }

  private perform(session: Session, effect: SessionEffect): void {
    switch (effect.do) {
      case 'send':
        session.outbox.push(plainMessage(effect.message));
        this.step(session, { kind: 'flushed', bytes: effect.bytes });
        return;
      case 'authenticate': {
        const user = this.user ?? (session.device as string as UserId);
        const identity = { tenant: TENANT, user, expiresAtMs: this.nowMs + 1_000_000 };
        this.step(session, { kind: 'authenticated', identity, saved: null });
        return;
      }
      case 'open':
        this.open(session, effect.request.subscribe, effect.ticket);
        return;
      case 'plan': {
        const { ticket, request } = effect;
        this.step(session, { kind: 'planned', space: this.space, ticket, plan: this.plan(request) });
        return;
      }
      case 'read': {
        const { space, ticket, reader, cursor } = effect;
        this.step(session, { kind: 'read', space, ticket, delta: this.read(reader, cursor) });
        return;
      }
      case 'push':
        this.push(session, effect);
        return;
      case 'close':
        this.sessions.delete(session);
        return;
      case 'watch':
      case 'unwatch':
      case 'acknowledge':
      case 'show-presence':
      case 'save':
      case 'forget':
        return;
    }
  }

  private open(session: Session, { space, scope, cursor }: Subscribe, ticket: number): void {
    const { truth } = this;
    const { epoch, head, digests } = truth.state;
    const hash = scopeHash(scope, OWNER);
    const given = cursor === null ? null : decodeCursor(cursor, this.key, KEYS);
    if (space !== this.space || (cursor !== null && given === null)) {
      const reason = space === this.space ? 'INVALID_CURSOR' : 'SPACE_NOT_FOUND';
      this.step(session, { kind: 'not-opened', space, ticket, refusal: refusal(reason) });
      return;
    }
    const reset = given === null ? null : cursorObstacle(given, truth.state, hash);
    const opening = {
      access: OWNER,
      epoch,
      head,
      digests,
      cursor: given === null || reset !== null ? startCursor(epoch, head, hash) : given,
      reset,
      lastNumber: truth.lastNumbers.get(session.device) ?? 0,
      mismatched: [],
      rulesChanges: 0,
    };
    this.step(session, { kind: 'opened', space, ticket, opening });
  }

  private plan({ cursor, pending }: Subscribe): CheckPlan {
    const { head } = this.truth.state;
    const position = cursor === null ? 0 : decodeCursor(cursor, this.key, KEYS)!.position;
    const down = position < head;
    const up = pending.length > 0;
    return {
      direction: down && up ? 'bidirectional' : down ? 'download' : up ? 'upload' : 'none',
      head,
      downloadRecords: 0,
      downloadBytes: 0,
      uploadChanges: pending.length,
      uploadBytes: 0,
      conflictsExpected: 0,
    };
  }

  private read(reader: Reader, cursor: Cursor): Delta {
    const { truth, pageRecordsMax } = this;
    const { epoch, head, digests } = truth.state;
    const rows = [...truth.records.values()].filter(({ version }) => version > cursor.position);
    const more = rows.length > pageRecordsMax;
    const clock = new Map(truth.lastNumbers);
    return deltaOf(reader, cursor, {
      epoch,
      head,
      digests,
      rows: rows.slice(0, pageRecordsMax),
      more,
      clock,
    });
  }

  private push(session: Session, { space, ticket, ...push }: SessionEffect & { do: 'push' }): void {
    this.pushes++;
    const { rules, nowMs, truth } = this;
    const facts = { nowMs, rules, space: truth.state, quota: null, declaredOnly: false, limits: LIMITS };
    const asked = pastNeeded({ rules, records: truth.records }, [push]);
    const past = new Map(asked.map((each) => [pastKey(each), pastWrites(truth.history, each)]));
    const plan = planMerge({ ...facts, ...truth, seen: new Map(), past }, [push]);
    truth.state = plan.after;
    truth.history.push(...plan.history);
    for (const record of plan.records) {
      truth.records.delete(recordKey(record.collection, record.id));
      truth.records.set(recordKey(record.collection, record.id), record);
    }
    for (const [who, number] of plan.lastNumbers) truth.lastNumbers.set(who, number);
    for (const receipt of plan.receipts)
      truth.receipts.set(changeKey(receipt.device, receipt.number), receipt);
    const answer = { result: plan.results[0]!, changesRemaining: LIMITS.changesBurstMax };
    this.step(session, { kind: 'pushed', space, ticket, answer });
    const announcement = announcementOf(plan, LIMITS);
    if (announcement === null) return;
    for (const each of this.sessions) this.step(each, { kind: 'announced', space, announcement });
  }
}

interface Session {
  readonly device: DeviceId;
  readonly outbox: ServerMessage[];
  readonly state: SessionState;
}

function copyOfTruth({ state, records, lastNumbers, receipts, history }: Truth): Truth {
  return {
    state,
    records: new Map(records),
    lastNumbers: new Map(lastNumbers),
    receipts: new Map(receipts),
    history: [...history],
  };
}

function defaultRules(): RulesBook {
  return rulesBook(new Map(), policyRegistry(Object.values(CORE_POLICIES)));
}
