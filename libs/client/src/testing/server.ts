import {
  nextEpoch,
  type Access,
  announcementOf,
  type ChangeKey,
  changeKey,
  type ChangeNumber,
  CORE_POLICIES,
  type Cursor,
  type CursorKeys,
  cursorObstacle,
  decodeCursor,
  DEFAULT_LIMITS,
  deltaOf,
  type DeviceId,
  type DeviceMessage,
  digestsFor,
  encodeCursor,
  hlcTime,
  imageOf,
  liveEntries,
  type MergePlan,
  planMerge,
  policyRegistry,
  type Reader,
  type Receipt,
  type RecordImage,
  type RecordKey,
  recordKey,
  rulesBook,
  type RulesBook,
  scopeHash,
  type ServerMessage,
  type SessionId,
  spaceKey,
  type SpaceId,
  type SpaceState,
  startCursor,
  type StoredRecord,
  type Subscribe,
  type TenantId,
  type UserId,
} from '@syncline/core';

const KEYS: CursorKeys = { current: 1, sign: () => new Uint8Array(16) };
const OWNER: Access = { role: 'owner', collections: new Map() };

interface Truth {
  state: SpaceState;
  records: Map<RecordKey, StoredRecord>;
  lastNumbers: Map<DeviceId, ChangeNumber>;
  receipts: Map<ChangeKey, Receipt>;
}

/** A session of the server as one device sees it. Messages wait in `outbox` until they are delivered. */
export interface FakeSession {
  readonly outbox: ServerMessage[];
  receive(message: DeviceMessage): void;
  close(): void;
}

/** The real merge and delta rules around maps: one space, all access, everything at once. */
export class FakeServer {
  nowMs = 1_000_000;
  /** Records a page holds at most. */
  pageRecordsMax = 3;
  pushes = 0;
  truth: Truth;
  private readonly sessions = new Set<Session>();

  constructor(
    readonly space: SpaceId,
    private readonly rules: RulesBook = defaultRules(),
  ) {
    const state = { space: this.key, epoch: 1, head: 0, floor: 0, digests: new Map(), records: 0, bytes: 0 };
    this.truth = { state, records: new Map(), lastNumbers: new Map(), receipts: new Map() };
  }

  private get key() {
    return spaceKey('t' as TenantId, this.space);
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
    const session = newSession(device);
    this.sessions.add(session);
    return {
      outbox: session.outbox,
      receive: (message) => {
        if (this.sessions.has(session)) this.receive(session, message);
      },
      close: () => void this.sessions.delete(session),
    };
  }

  private receive(session: Session, message: DeviceMessage): void {
    switch (message.kind) {
      case 'hello':
        session.outbox.push(this.welcome());
        return;
      case 'subscribe':
        if (message.mode === 'check-only') this.plan(session, message);
        else this.open(session, message);
        return;
      case 'unsubscribe':
        session.reader = null;
        return;
      case 'push':
        this.push(session, message);
        return;
      case 'authenticate':
        session.outbox.push({ kind: 'authenticated', expiresInMs: 1_000_000 });
        return;
      case 'ack':
        session.acknowledged = message.cursor;
        return;
      case 'presence':
      case 'goodbye':
        return;
    }
  }

  private welcome(): ServerMessage {
    return {
      kind: 'welcome',
      session: 's' as SessionId,
      agreed: { protocol: 1, capabilities: [] },
      limits: { messageBytesMax: 1 << 20, recordBytesMax: 1 << 20, pushChangesMax: 4, spacesMax: 4 },
      clock: hlcTime(this.nowMs),
      skewMs: 0,
      resumed: [],
    };
  }

  private push(session: Session, { changes }: DeviceMessage & { kind: 'push' }): void {
    this.pushes++;
    const { device } = session;
    const push = { device, user: device as string as UserId, access: OWNER, changes };
    const { rules, nowMs, truth } = this;
    const facts = { nowMs, rules, space: truth.state, quota: null, limits: DEFAULT_LIMITS, seen: new Map() };
    const plan = planMerge({ ...facts, ...truth }, [push]);
    truth.state = plan.after;
    for (const record of plan.records) {
      truth.records.delete(recordKey(record.collection, record.id));
      truth.records.set(recordKey(record.collection, record.id), record);
    }
    for (const [who, number] of plan.lastNumbers) truth.lastNumbers.set(who, number);
    for (const receipt of plan.receipts)
      truth.receipts.set(changeKey(receipt.device, receipt.number), receipt);
    const { space } = this;
    const result = plan.results[0]!;
    if (result.kind === 'refused')
      session.outbox.push({ kind: 'refusal', space, about: 'push', refusal: result.refusal, closing: false });
    else session.outbox.push({ kind: 'outcomes', space, outcomes: result.outcomes });
    this.announce(plan);
  }

  private plan(session: Session, { cursor, pending }: Subscribe): void {
    const { head } = this.truth.state;
    const position = cursor === null ? 0 : decodeCursor(cursor, this.key, KEYS)!.position;
    const down = position < head;
    const up = pending.length > 0;
    const plan = {
      direction: down && up ? 'bidirectional' : down ? 'download' : up ? 'upload' : 'none',
      head,
      downloadRecords: 0,
      downloadBytes: 0,
      uploadChanges: pending.length,
      uploadBytes: 0,
      conflictsExpected: 0,
    } as const;
    session.outbox.push({ kind: 'plan', space: this.space, plan });
  }

  private open(session: Session, { scope, mode, cursor }: Subscribe): void {
    const { space, truth } = this;
    const hash = scopeHash(scope, OWNER);
    const { epoch, head } = truth.state;
    const given = cursor === null ? null : decodeCursor(cursor, this.key, KEYS);
    const obstacle = given === null ? null : cursorObstacle(given, truth.state, hash);
    session.reader = {
      device: session.device,
      scope,
      access: OWNER,
      takesPatches: true,
      takesOwn: true,
      mayHoldMore: false,
    };
    session.cursor = given === null || obstacle !== null ? startCursor(epoch, head, hash) : given;
    session.mode = mode;
    const lastNumber = truth.lastNumbers.get(session.device) ?? 0;
    session.outbox.push({ kind: 'subscribed', space, head, mode, lastNumber, epoch, mismatched: [] });
    if (obstacle !== null) session.outbox.push({ kind: 'reset', space, refusal: obstacle });
    this.read(session);
  }

  private read(session: Session): void {
    const { reader, outbox } = session;
    const { space, truth, pageRecordsMax } = this;
    if (reader === null || session.mode === 'upload-only') return;
    for (;;) {
      const { position } = session.cursor!;
      const rows = [...truth.records.values()].filter(({ version }) => version > position);
      const { epoch, head, digests } = truth.state;
      const more = rows.length > pageRecordsMax;
      const clock = new Map(truth.lastNumbers);
      const slice = { epoch, head, digests, rows: rows.slice(0, pageRecordsMax), more, clock };
      const { page, checkpoint } = deltaOf(reader, session.cursor!, slice);
      session.cursor = page.cursor;
      const cursor = encodeCursor(page.cursor, this.key, KEYS);
      if (page.entries.length > 0) outbox.push({ kind: 'page', space, entries: page.entries, cursor });
      if (checkpoint === null) continue;
      outbox.push({ ...checkpoint, kind: 'checkpoint', space, cursor });
      return;
    }
  }

  private announce(plan: MergePlan): void {
    const announcement = announcementOf(plan, DEFAULT_LIMITS);
    if (announcement === null) return;
    const { entries, from, to, clock } = announcement;
    const { space } = this;
    for (const session of this.sessions) {
      const { reader, cursor, mode, outbox } = session;
      if (reader === null || cursor === null || mode === 'upload-only') continue;
      if (entries === null || cursor.checkpoint !== from || reader.scope.fields.length > 0) {
        this.read(session);
        continue;
      }
      session.cursor = { ...cursor, position: to, checkpoint: to, asOf: to };
      const bytes = encodeCursor(session.cursor, this.key, KEYS);
      const seen = liveEntries(reader, entries);
      if (seen.length > 0) outbox.push({ kind: 'page', space, entries: seen, cursor: bytes });
      const digests = digestsFor(reader.scope, OWNER, announcement.digests);
      outbox.push({ kind: 'checkpoint', space, version: to, cursor: bytes, clock, digests });
    }
  }
}

interface Session {
  readonly device: DeviceId;
  readonly outbox: ServerMessage[];
  reader: Reader | null;
  cursor: Cursor | null;
  mode: Subscribe['mode'];
  acknowledged: Uint8Array | null;
}

function newSession(device: DeviceId): Session {
  return { device, outbox: [], reader: null, cursor: null, mode: 'bidirectional', acknowledged: null };
}

function copyOfTruth({ state, records, lastNumbers, receipts }: Truth): Truth {
  return { state, records: new Map(records), lastNumbers: new Map(lastNumbers), receipts: new Map(receipts) };
}

export function defaultRules(): RulesBook {
  return rulesBook(new Map(), policyRegistry(Object.values(CORE_POLICIES)));
}
