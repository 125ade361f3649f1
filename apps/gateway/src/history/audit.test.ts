import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { UserId } from '@syncline/core';
import { change, NOTES } from '@syncline/port-contracts';
import * as proto from '@syncline/proto';
import { HOME, HOME_KEY, identityOf } from '../gateway.test-fixtures';
import { type HistoryWorld, historyWorld, SIGNER } from './history-world.test-fixtures';

/*
 * What is exported is checked by a program that knows nothing of the service.
 */
const TOOL = path.resolve(__dirname, '../../../../tools/verify-audit');
const KEY = `1:${Buffer.from(SIGNER.publicKey).toString('base64')}`;
const ANY = Number.MAX_SAFE_INTEGER;

const folder = mkdtempSync(path.join(os.tmpdir(), 'syncline-audit-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Verified {
  readonly holds: boolean;
  readonly said: string;
}

function verified(text: string, given: { key?: string; space?: string; known?: object } = {}): Verified {
  const file = path.join(folder, 'export.jsonl');
  writeFileSync(file, text);
  const known = path.join(folder, 'known.json');
  if (given.known !== undefined) writeFileSync(known, JSON.stringify(given.known));
  const args = ['--space', given.space ?? HOME_KEY, '--key', given.key ?? KEY];
  if (given.known !== undefined) args.push('--known', known);
  const run = spawnSync(process.execPath, [path.join(TOOL, 'main.mjs'), ...args, file], { encoding: 'utf8' });
  return { holds: run.status === 0, said: `${run.stdout}${run.stderr}` };
}

/** Everything that a version can be: made, changed, in conflict, settled, deleted, restored; and names beyond ASCII. */
async function written(): Promise<HistoryWorld> {
  const world = await historyWorld();
  await world.write(
    change.create('a', { n: 1 }),
    change.update(
      'a',
      { n: 2 },
      { baseVersion: 1, trace: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' },
    ),
    change.update('a', { n: 3 }, { baseVersion: 1, atMs: 5 }),
    change.create('é', { n: 4 }),
    change.delete('é', { baseVersion: 5 }),
  );
  await world.grpc.call('owner', 'RestoreRecord', proto.RestoreRecordRequest, proto.RestoreRecordResponse, {
    space: HOME,
    collection: NOTES,
    id: 'é',
    version: 5,
  });
  return world;
}

const exported = async (world: HistoryWorld, given: object = {}, caller = 'owner'): Promise<string> => {
  const { status, text } = await world.lines(caller, 'ExportAudit', { space: HOME, ...given });
  if (status !== 200) throw new Error(text);
  return text;
};

describe('an exported audit trail', () => {
  const made = {} as { world: HistoryWorld };
  beforeEach(async () => {
    made.world = await written();
  });
  afterEach(() => made.world.close());

  test('holds, from whichever version on', async () => {
    const all = verified(await exported(made.world));
    expect(all).toMatchObject({ holds: true });
    expect(all.said).toContain('holds: 7 versions after 0, up to 7, signed by key 1');
    const some = verified(await exported(made.world, { fromVersion: 3, toVersion: 5 }));
    expect(some.said).toContain('holds: 3 versions after 2, up to 5');
    expect(verified(await exported(made.world, { fromVersion: 9 })).said).toContain(
      'holds: 0 versions after 7',
    );
  });

  test('holds without contents as well, and after they were forgotten', async () => {
    const bare = verified(await exported(made.world, { withoutContents: true }));
    expect(bare).toMatchObject({ holds: true });
    expect(bare.said).toContain('of 6 of them, contents are left out or forgotten');
    const before = await exported(made.world);
    await made.world.store.pruneHistory(HOME_KEY, 1, ANY, ANY);
    const after = await exported(made.world);
    expect(verified(after)).toMatchObject({ holds: true });
    const chain = (text: string) =>
      text.split('\n').flatMap((line) => {
        const { entries = [] } =
          line === '' ? {} : (JSON.parse(line) as { entries?: { chainHash: string }[] });
        return entries.map(({ chainHash }) => chainHash);
      });
    expect(chain(after)).toEqual(chain(before));
  });

  test('goes on from a head that was kept', async () => {
    const kept = async (version: number) => {
      const answer = await made.world.http.call(
        'owner',
        'GetChainHead',
        proto.GetChainHeadRequest,
        proto.GetChainHeadResponse,
        { space: HOME, version },
      );
      if (!answer.ok) throw new Error(answer.refusal.reason);
      return proto.GetChainHeadResponse.toJSON(answer.value) as { head: { chainHash: string } };
    };
    const known = await kept(4);
    expect(verified(await exported(made.world), { known })).toMatchObject({ holds: true });
    const beyond = verified(await exported(made.world, { toVersion: 3 }), { known });
    expect(beyond.said).toContain('version 4, of which a head is known, is not in the export');
    const other = { head: { ...known.head, chainHash: (await kept(5)).head.chainHash } };
    expect(verified(await exported(made.world), { known: other }).said).toContain(
      'the signature does not belong',
    );
  });

  test('is of one space and one installation', async () => {
    const text = await exported(made.world);
    const other = `1:${Buffer.alloc(32, 9).toString('base64')}`;
    expect(verified(text, { key: other }).said).toContain('is not the one that is known');
    expect(verified(text, { key: `2:${KEY.slice(2)}` }).said).toContain('is not among those that are known');
    expect(verified(text, { space: 'acme/work' }).said).toContain(
      'does not belong to this head of this space',
    );
  });

  test('does not hold with a line less, twice, or in another place', async () => {
    const lines = (await exported(made.world)).trimEnd().split('\n');
    expect(lines.length).toBe(3);
    const [begin, entries, end] = lines as [string, string, string];
    const versions = (JSON.parse(entries) as { entries: object[] }).entries;
    const line = (...kept: object[]) => JSON.stringify({ entries: kept });
    const orders: readonly (readonly string[])[] = [
      [begin, end],
      [begin, entries],
      [entries, end],
      [begin, begin, entries, end],
      [begin, entries, entries, end],
      [begin, entries, end, end],
      [end, entries, begin],
      [begin, line(...versions.slice(1)), end],
      [begin, line(...versions.slice(0, 3), ...versions.slice(4)), end],
      [begin, line(...versions.slice(0, -1)), end],
      [begin, line(versions[1]!, versions[0]!, ...versions.slice(2)), end],
    ];
    for (const order of orders) expect(verified(`${order.join('\n')}\n`).holds).toBe(false);
    expect(verified(lines.join('\n')).said).toContain('in the middle of a line');
    expect(verified('').holds).toBe(false);
  });

  test('does not hold when any one of its bytes is another', async () => {
    const file = path.join(folder, 'every-byte.jsonl');
    const text = await exported(made.world);
    writeFileSync(file, text);
    // Each byte with one bit changed, with another one, and as a letter.
    const program = `
      import { readFileSync } from 'node:fs';
      import { verifyAudit } from ${JSON.stringify(path.join(TOOL, 'verify.mjs'))};
      const bytes = readFileSync(${JSON.stringify(file)});
      const keys = new Map([['1', Buffer.from(${JSON.stringify(KEY.slice(2))}, 'base64')]]);
      const holds = (given) => {
        try { verifyAudit(given, { space: ${JSON.stringify(HOME_KEY)}, keys }); return true; }
        catch (error) { if (error.constructor.name !== 'Broken') throw error; return false; }
      };
      if (!holds(bytes)) throw new Error('the export does not hold as it is');
      const unnoticed = [];
      let tried = 0;
      for (let at = 0; at < bytes.length; at++) {
        const was = bytes[at];
        for (const other of new Set([was ^ 1, was ^ 32, 0x41])) {
          if (other === was) continue;
          bytes[at] = other;
          tried++;
          if (holds(bytes)) unnoticed.push([at, String.fromCharCode(was), String.fromCharCode(other)]);
        }
        bytes[at] = was;
      }
      process.stdout.write(JSON.stringify({ tried, unnoticed }));`;
    const options = { encoding: 'utf8', maxBuffer: 1 << 26 } as const;
    const told = execFileSync(process.execPath, ['--input-type=module', '-e', program], options);
    const { tried, unnoticed } = JSON.parse(told) as { tried: number; unnoticed: unknown[] };
    expect(unnoticed).toEqual([]);
    expect(tried).toBeGreaterThan(2 * text.length);
  }, 120_000);

  test('does not hold where someone has changed what is stored', async () => {
    const { world } = made;
    await exported(world);
    const { store } = world;
    const gate = await world.gateway({
      chainSigner: SIGNER,
      store: {
        ...store,
        audited: async (...args) =>
          (await store.audited(...args)).map((each) =>
            each.version === 2 ? { ...each, user: 'mallory' as UserId } : each,
          ),
      },
    });
    const answer = await fetch(`http://${gate.address.http}/syncline.v1.HistoryService/ExportAudit`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer owner' },
      body: JSON.stringify({ space: HOME }),
    });
    const told = verified(await answer.text());
    expect(told.said).toContain('the chain does not go on to version 7');
  });

  test('tells nothing of what collections hold that its reader may not read, and holds all the same', async () => {
    const { world } = made;
    world.tokens.issue('blind', identityOf('blind'));
    await world.store.setAccess(HOME_KEY, 'blind' as UserId, {
      role: 'owner',
      collections: new Map([[NOTES, 'none']]),
    });
    const text = await exported(world, {}, 'blind');
    expect(text).not.toContain('"payload"');
    expect(text).not.toContain('incomingPayload');
    expect(verified(text)).toMatchObject({ holds: true });
  });
});

test('without a key nobody is told of a chain, and what is missing is said', async () => {
  const world = await historyWorld({ chainSigner: null });
  const head = await world.grpc.call(
    'owner',
    'GetChainHead',
    proto.GetChainHeadRequest,
    proto.GetChainHeadResponse,
    { space: HOME },
  );
  const trail = await world.lines('owner', 'ExportAudit', { space: HOME });
  await world.close();
  expect(head).toMatchObject({ refusal: { reason: 'KEY_NOT_FOUND' } });
  expect(trail.status).toBe(404);
  expect(trail.text).toContain('AUDIT_KEY');
});
