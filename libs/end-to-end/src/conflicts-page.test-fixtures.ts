import { systemTimer } from '@syncline/memory';
import { ResolveResponse } from '@syncline/proto';
import type { OwnResolver } from './own-resolver.test-fixtures';
import type { Connection } from './standalone.test-fixtures';
import { type Edit, yjsDocument, yjsUpdate } from './yjs-updates.test-fixtures';

type Json = Readonly<Record<string, unknown>>;
/** A document of texts, by their names. */
type Texts = Readonly<Record<string, string>>;

/** What a device does to the record of an example: exactly one of these, and when by its clock. */
export interface Act {
  readonly device: string;
  readonly at: string;
  readonly create?: Json;
  readonly update?: Json;
  readonly patch?: Json;
  readonly remove?: readonly string[];
  readonly delete?: true;
  /** Of a collection with operational transform: an operation of its data type. */
  readonly operation?: unknown;
  /** Of a collection with a CRDT: what is done to the document; sent is the update that comes of it. */
  readonly edits?: readonly Edit[];
  /** In which the application writes; the newest where it is left out. */
  readonly schemaVersion?: number;
}

/** An example as the page has it: two devices that both saw `base`, and what becomes of what they do. */
export interface Example {
  readonly rules: Json & {
    readonly collection: string;
    readonly crdt?: object;
    readonly operationalTransform?: { readonly type?: string };
    readonly external?: object;
    readonly schema?: { readonly current: number };
  };
  /** Left out where there was no record. */
  readonly base?: unknown;
  readonly stored: Act;
  readonly incoming: Act;
  /** Null for a record that is deleted. */
  readonly result: unknown;
  /** All contents, where several are kept. */
  readonly siblings?: readonly Json[];
  readonly outcome: string;
  /** Some of the fields of the entry's payload; null where there is no conflict. */
  readonly ledger: Json | null;
  /** What a person decides then, or what the tenant's resolver answers, and what comes of it. */
  readonly decision?: Json;
  readonly answer?: Json;
  readonly decided?: After<Json>;
  /** What comes of undoing the last decision. */
  readonly undone?: After<Json>;
  /** The reason where it cannot be undone. */
  readonly undoRefused?: string;
}

interface After<Ledger> {
  readonly result: unknown;
  readonly ledger: Ledger;
}

/** The same as it came out. */
export interface Played {
  readonly result: unknown;
  readonly siblings: readonly unknown[];
  readonly outcome: string;
  readonly ledger: unknown;
  readonly decided?: After<unknown>;
  readonly undone?: After<unknown>;
  readonly undoRefused?: string;
}

interface Heading {
  readonly heading: string;
}

/** Every block of JSON on the page that has this member, with the heading that it stands under. */
export function blocksWith<Block>(page: string, member: string): (Heading & { readonly block: Block })[] {
  const found: (Heading & { block: Block })[] = [];
  let heading = '';
  for (const [, title, text] of page.matchAll(/^#+ (.+)$|^```json\n([^]*?)^```$/gm)) {
    if (title !== undefined) heading = title;
    if (text === undefined) continue;
    const block = JSON.parse(text) as Block & object;
    if (member in block) found.push({ heading, block });
  }
  return found;
}

/** The page's table under this heading: a row by its first cell, and its cells by the names of the columns. */
export function tableUnder(page: string, heading: string): Map<string, Map<string, string>> {
  const section = page.split(/^#+ /m).find((each) => each.startsWith(`${heading}\n`)) ?? '';
  const lines = section.split('\n').filter((line) => line.startsWith('|'));
  const cells = (line: string): string[] =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
  const columns = cells(lines[0] ?? '');
  const rows = lines.slice(2).map(cells);
  return new Map(
    rows.map((row) => [row[0]!.replaceAll('`', ''), new Map(columns.map((name, at) => [name, row[at]!]))]),
  );
}

/** A call was refused, for this reason. */
export class Refused extends Error {
  override readonly name = 'Refused';

  constructor(
    readonly reason: string,
    message: string,
  ) {
    super(message);
  }
}

/** A call as JSON over HTTP. */
export async function ask<Answer>(
  { http, token }: Connection,
  method: string,
  request: object,
): Promise<Answer> {
  const answer = await fetch(`http://${http}/syncline.v1.${method}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
    body: JSON.stringify(request),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Refused(/"reason":"(\w+)"/.exec(text)?.[1] ?? '', `${method}: ${text}`);
  return JSON.parse(text) as Answer;
}

/** Null where it is not refused. */
const refusalOf = (asked: Promise<unknown>): Promise<string | null> =>
  asked.then(
    () => null,
    (failure: unknown) => {
      if (failure instanceof Refused) return failure.reason;
      throw failure;
    },
  );

const DAY = '2020-01-01';
const base64 = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64');
const timeAt = (at: string): string => String(BigInt(Date.parse(`${DAY}T${at}Z`)) * 1024n);

function kindOf(act: Act, { rules, base }: Example): object {
  const { create, update, patch, remove = [], operation, edits } = act;
  if (create !== undefined) return { create: { payload: base64(create) } };
  if (update !== undefined) return { update: { payload: base64(update) } };
  if (patch !== undefined) return { patch: { set: base64(patch), remove } };
  if (operation !== undefined)
    return {
      operations: { type: rules.operationalTransform?.type ?? 'json1', operations: base64(operation) },
    };
  if (edits !== undefined) return yjsChange(yjsUpdate(base as Texts, act.device, edits));
  return { delete: {} };
}

const yjsChange = (update: Uint8Array): object => ({
  operations: { type: 'yjs', operations: Buffer.from(update).toString('base64') },
});

/** How the record of an example comes to be. */
const beginning = ({ rules, base }: Example): object =>
  rules.crdt === undefined ? { create: { payload: base64(base) } } : yjsChange(yjsDocument(base as Texts));

interface Outcome {
  readonly status: string;
  readonly version: string;
  readonly message?: string;
  readonly conflict?: { readonly id: string };
}

interface Pulled {
  readonly pages?: readonly {
    readonly entries?: readonly {
      readonly collection: string;
      readonly id: string;
      readonly put?: {
        readonly payload: string;
        readonly siblings?: readonly { readonly payload?: string }[];
      };
    }[];
  }[];
  readonly checkpoint?: object;
}

/** Plays an example with devices and a record of its own: `name` is in front of their ids. */
export async function play(world: World, name: string, example: Example): Promise<Played> {
  const { server, resolver } = world;
  const { space } = server;
  const { base, stored, incoming, decision, answer, undone, undoRefused } = example;
  await ask(server, 'AdminService/PutCollection', { space, rules: rulesFor(resolver, example) });
  if (answer !== undefined) resolver.answer = ResolveResponse.fromJSON(answer);
  const contents = () => contentsOf(server, name, example);
  const first =
    base === undefined
      ? null
      : await push(server, name, example, { device: 'base', at: '09:00:00' }, beginning(example), 0);
  const seen = Number(first?.version ?? 0);
  await push(server, name, example, stored, kindOf(stored, example), seen);
  const met = await push(server, name, example, incoming, kindOf(incoming, example), seen);
  const id = met.conflict?.id;
  let played: Played = { ...told(await contents(), id), outcome: met.status.replace('OUTCOME_STATUS_', '') };
  if (decision !== undefined) {
    await ask(server, 'ConflictService/ResolveConflict', { space, id, decision });
    played = { ...played, decided: told(await contents(), id) };
  }
  if (answer !== undefined) {
    while (waitsForResolver(told(await contents(), id))) await aMoment();
    played = { ...played, decided: told(await contents(), id) };
  }
  if (undone === undefined && undoRefused === undefined) return played;
  const refused = await refusalOf(ask(server, 'ConflictService/UndoResolution', { space, id }));
  return refused === null
    ? { ...played, undone: told(await contents(), id) }
    : { ...played, undoRefused: refused };
}

/** What examples are played with. */
export interface World {
  readonly server: Connection;
  readonly resolver: OwnResolver;
}

/** The page names a resolver that is nowhere; ours is asked in its place. */
function rulesFor({ address: endpoint }: OwnResolver, { rules }: Example): object {
  return rules.external === undefined
    ? rules
    : { ...rules, external: { ...rules.external, endpoint, plaintext: true } };
}

const waitsForResolver = ({ ledger }: Pick<Played, 'ledger'>): boolean =>
  (ledger as { waitsFor?: string; state: string }).state === 'open' &&
  (ledger as { waitsFor?: string }).waitsFor === 'resolver';

const A_MOMENT_MS = 20;
const aMoment = () => new Promise<void>((resolve) => void systemTimer().after(A_MOMENT_MS, resolve));

async function push(
  server: Connection,
  name: string,
  { rules: { collection, schema } }: Example,
  { device: by, at, schemaVersion = schema?.current ?? 0 }: Act,
  kind: object,
  baseVersion: number,
): Promise<Outcome> {
  const device = `${name}.${by}`;
  const time = timeAt(at);
  const change = { number: 1, collection, id: name, baseVersion, schemaVersion, time, ...kind };
  const pushed = await ask<{ outcomes: { outcomes: readonly Outcome[] } }>(server, 'SyncService/Push', {
    caller: { device },
    push: { space: server.space, changes: [change] },
  });
  const outcome = pushed.outcomes.outcomes[0]!;
  if (outcome.status === 'OUTCOME_STATUS_REJECTED') throw new Error(`${by}: ${outcome.message}`);
  return outcome;
}

type Contents = ReadonlyMap<string, readonly unknown[]>;

function told(
  contents: Contents,
  conflict: string | undefined,
): Pick<Played, 'result' | 'siblings' | 'ledger'> {
  const [result = null, ...siblings] = contents.get(RECORD) ?? [];
  return { result, siblings, ledger: contents.get(conflict ?? '')?.[0] ?? null };
}

/** Not the id of any conflict: those have a `/`. */
const RECORD = 'record';

/**
 * The record's payload, and behind it those of its siblings, and the payloads of conflicts by their ids, as a device without a
 * copy pulls them; without the example's name in front of devices.
 */
async function contentsOf(
  server: Connection,
  name: string,
  { rules: { collection, schema } }: Example,
): Promise<Contents> {
  const found = new Map<string, unknown[]>();
  const pulled = await ask<Pulled>(server, 'SyncService/Pull', {
    caller: { device: `${name}.reader`, schemaVersions: { [collection]: schema?.current ?? 0 } },
    space: server.space,
    scope: { collections: [collection, 'sys.conflicts'] },
  });
  if (pulled.checkpoint === undefined) throw new Error('more records than one answer holds');
  for (const entry of (pulled.pages ?? []).flatMap(({ entries = [] }) => entries)) {
    if (entry.put === undefined || (entry.collection === collection && entry.id !== name)) continue;
    const { payload, siblings = [] } = entry.put;
    const payloads = [payload, ...siblings.map((sibling) => sibling.payload ?? '')];
    const key = entry.collection === collection ? RECORD : entry.id;
    found.set(
      key,
      payloads.map((each) => contentIn(each, name)),
    );
  }
  return found;
}

/** Null for a sibling that is a delete. */
function contentIn(payload: string, name: string): unknown {
  const text = Buffer.from(payload, 'base64').toString();
  return text === '' ? null : JSON.parse(text.replaceAll(`${name}.`, ''));
}
