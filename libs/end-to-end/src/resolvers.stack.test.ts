import { creates, updates } from '@syncline/client-node';
import { CONFLICTS, decodeUtf8 } from '@syncline/core';
import { systemTimer } from '@syncline/memory';
import { type ExampleProgram, startExample } from './example-program';
import { openOffice, type Office } from './office';
import { type OwnResolver, ownResolver, takeIncoming } from './own-resolver.test-fixtures';
import { type Member, newMember } from './pool';
import { faultsAtRest, isAtRest, rest } from './rest';
import { type Stack, startStack } from './stack';

const START_MS_MAX = 180_000;
const LOOKS_MAX = 100;
const LOOK_MS = 50;
jest.setTimeout(90_000);

const made: { stack?: Stack; office?: Office; example?: ExampleProgram } = {};
const stack = (): Stack => made.stack!;
const office = (): Office => made.office!;

/** What waits for a resolver is looked for often, and no pause is long. */
const QUICK = {
  SYNCLINE_RESOLVER_LOOK_EVERY_MS: '200',
  SYNCLINE_RESOLVER_PAUSE_MS: '100',
  SYNCLINE_RESOLVER_PAUSE_MS_MAX: '500',
  SYNCLINE_RESOLVER_BREAKER_PAUSE_MS: '300',
};

beforeAll(async () => {
  const all = { SYNCLINE_RESOLVER_PLAINTEXT_HOSTS: '127.0.0.1' };
  made.stack = await startStack({
    counts: { gateway: 1, merge: 1, delta: 1 },
    env: { gateway: all, merge: { ...all, ...QUICK } },
  });
  made.office = openOffice(made.stack);
}, START_MS_MAX);

afterAll(async () => {
  await made.example?.end();
  await made.stack?.close();
}, START_MS_MAX);

const open: { close(): void }[] = [];
afterEach(() => {
  for (const each of open.splice(0)) each.close();
});

async function started(port?: number): Promise<OwnResolver> {
  const resolver = await ownResolver(port);
  open.push(resolver);
  return resolver;
}

const jsonOf = (payload: Uint8Array): unknown => JSON.parse(decodeUtf8(payload));
const dose = (mg: number, ...notes: readonly string[]) => ({ drug: 'aspirin', mg, notes });

async function join(space: string, name: string): Promise<Member> {
  const member = newMember(stack(), name, { claims: { spaces: { [space]: 'owner' } } });
  member.device().follow(space);
  member.device().goOnline();
  await rest([member], space);
  return member;
}

/** Two devices in a space of their own, one of which has a change that the other's came before. */
async function conflictIn(space: string, external: object): Promise<readonly [Member, Member]> {
  await office().createSpace(space);
  const rule = { plaintext: true, ...external };
  await office().declare(space, { collection: 'doses', json: true, external: rule });
  const [phone, laptop] = [await join(space, 'phone'), await join(space, 'laptop')];
  open.push({ close: () => [phone, laptop].forEach((member) => member.end()) });
  phone.device().change(space, creates('doses', 'a', dose(10)));
  await laptop.device().waitFor('the dose', () => laptop.device().get(space, 'doses', 'a') !== null);
  await rest([phone, laptop], space);
  laptop.device().goOffline();
  laptop.device().change(space, updates('doses', 'a', dose(20, 'laptop')));
  phone.device().change(space, updates('doses', 'a', dose(30, 'phone')));
  await rest([phone], space);
  laptop.device().goOnline();
  return [phone, laptop];
}

/** Both devices show this dose, and their ledgers this state. */
async function show(space: string, members: readonly Member[], shown: object, state: string): Promise<void> {
  for (const member of members)
    await member.device().waitFor(`${JSON.stringify(shown)}, ${state}`, () => {
      const [entry] = member.device().list(space, CONFLICTS);
      const record = member.device().get(space, 'doses', 'a');
      if (entry === undefined || record === null || !isAtRest(member, space)) return false;
      const isShown = JSON.stringify(jsonOf(record.payload)) === JSON.stringify(shown);
      return isShown && (jsonOf(entry.payload) as { state: string }).state === state;
    });
}

async function conflictTold(space: string): Promise<unknown> {
  const listed = await office().call('ConflictService/ListConflicts', { space });
  return (listed.body as { conflicts: unknown[] }).conflicts[0];
}

const expectWhole = async (space: string, members: readonly Member[]) =>
  expect(await faultsAtRest(stack(), space, members)).toEqual([]);

test('the example in TypeScript merges, and every device gets what it made', async () => {
  made.example = await startExample('examples/resolver-typescript/main.ts', '127.0.0.1:0', 'proto');
  const settings = Buffer.from('{"mostMg":40}').toString('base64');
  const members = await conflictIn('merged', { endpoint: made.example.address, settings });
  await show('merged', members, dose(20, 'phone', 'laptop'), 'resolved');
  expect(await conflictTold('merged')).toMatchObject({
    policy: 'external',
    resolution: 'RESOLUTION_MERGED',
    resolvedBy: 'RESOLVED_BY_POLICY',
    why: '20 mg stand, and the notes of both are kept.',
  });
  await expectWhole('merged', members);
});

test('the example leaves to a person what only a person can say, and is not asked again', async () => {
  const settings = Buffer.from('{"mostMg":5}').toString('base64');
  const members = await conflictIn('asked', { endpoint: made.example!.address, settings });
  await show('asked', members, dose(30, 'phone'), 'open');
  await members[0].device().waitFor('the reason', () => {
    const [entry] = members[0].device().list('asked', CONFLICTS);
    const { why, waitsFor } = jsonOf(entry!.payload) as { why: string; waitsFor: string };
    return why === '20 mg are more than the 5 mg that are usual.' && waitsFor === 'person';
  });
  const told = (await conflictTold('asked')) as { id: string };
  const decision = { keepIncoming: {} };
  await office().call('ConflictService/ResolveConflict', { space: 'asked', id: told.id, decision });
  await show('asked', members, dose(20, 'laptop'), 'resolved');
  await expectWhole('asked', members);
});

test('a resolver that is down has its fall-back decide', async () => {
  const gone = await ownResolver();
  gone.close();
  const rule = { endpoint: gone.address, fallbackPolicy: 'client-wins' };
  const members = await conflictIn('fallen', rule);
  await show('fallen', members, dose(20, 'laptop'), 'resolved');
  expect(await conflictTold('fallen')).toMatchObject({
    resolution: 'RESOLUTION_INCOMING',
    resolvedBy: 'RESOLVED_BY_POLICY',
    why: expect.stringMatching(/^The tenant's resolver did not decide\. It .+\. The device wins/) as string,
  });
  await expectWhole('fallen', members);
});

test('a resolver that is down without a fall-back has the change held until it comes back', async () => {
  const gone = await ownResolver();
  const port = Number(gone.address.split(':')[1]);
  gone.close();
  const members = await conflictIn('held', { endpoint: gone.address });
  await show('held', members, dose(30, 'phone'), 'open');
  expect(await conflictTold('held')).toMatchObject({ state: 'CONFLICT_STATE_OPEN' });
  const back = await started(port);
  back.answer = takeIncoming('It is back.');
  await show('held', members, dose(20, 'laptop'), 'resolved');
  expect(await conflictTold('held')).toMatchObject({ why: 'It is back.', resolvedBy: 'RESOLVED_BY_POLICY' });
  await expectWhole('held', members);
});

test('a question outlives the merge service that asked it, and is decided once', async () => {
  const resolver = await started();
  const members = await conflictIn('killed', { endpoint: resolver.address, deadlineMs: 30_000 });
  await show('killed', members, dose(30, 'phone'), 'open');
  for (let looks = 0; resolver.asked.length === 0; looks++) {
    if (looks > LOOKS_MAX) throw new Error('nothing was asked');
    await new Promise<void>((resolve) => void systemTimer().after(LOOK_MS, resolve));
  }
  await stack().kill('merge-1');
  resolver.answer = takeIncoming('After the restart.');
  await stack().start('merge-1');
  await show('killed', members, dose(20, 'laptop'), 'resolved');
  expect(new Set(resolver.asked.map(({ questionId }) => questionId)).size).toBe(1);
  const { conflicts } = (await office().call('ConflictService/ListConflicts', { space: 'killed' })).body as {
    conflicts: unknown[];
  };
  expect(conflicts).toMatchObject([{ why: 'After the restart.', resolution: 'RESOLUTION_INCOMING' }]);
  await expectWhole('killed', members);
});

test('a host that the installation does not allow is refused, and by which setting', async () => {
  await office().createSpace('refused');
  const external = { endpoint: '169.254.169.254:80', plaintext: true };
  const rules = { collection: 'doses', external };
  const answer = await office().call('AdminService/PutCollection', { space: 'refused', rules });
  expect(answer.status).toBe(400);
  expect(JSON.stringify(answer.body)).toContain('SYNCLINE_RESOLVER_PLAINTEXT_HOSTS');
});
