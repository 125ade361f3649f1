import { creates, updates } from '@syncline/client-node';
import { CONFLICTS, decodeUtf8 } from '@syncline/core';
import { openOffice } from './office';
import { type Member, newMember } from './pool';
import { faultsAtRest, isAtRest, rest } from './rest';
import { type Stack, startStack } from './stack';

const START_MS_MAX = 180_000;
const TEST_MS_MAX = 60_000;
const SPACE = 'house';

let stack: Stack;

beforeAll(async () => {
  stack = await startStack({ counts: { gateway: 2, merge: 2, delta: 1 } });
}, START_MS_MAX);

afterAll(async () => {
  await stack.close();
}, START_MS_MAX);

async function join(name: string): Promise<Member> {
  const member = newMember(stack, name, { claims: { spaces: { [SPACE]: 'owner' } } });
  const device = member.device();
  device.follow(SPACE);
  device.goOnline();
  await rest([member], SPACE);
  return member;
}

const jsonOf = (payload: Uint8Array): unknown => JSON.parse(decodeUtf8(payload));

/** The device shows this will, and its ledger says so of the conflict. */
const shows = (member: Member, heir: string, state: string): Promise<true> =>
  member.device().waitFor(`${heir}, ${state}`, () => {
    const will = member.device().get(SPACE, 'legal', 'will');
    const [entry] = member.device().list(SPACE, CONFLICTS);
    if (will === null || entry === undefined) return false;
    const told = { ...(jsonOf(will.payload) as object), ...(jsonOf(entry.payload) as object) };
    return 'heir' in told && told.heir === heir && 'state' in told && told.state === state
      ? isAtRest(member, SPACE)
      : false;
  });

test(
  'what people decide at two gateways is decided once, and reaches every device',
  async () => {
    const [office, branch] = [openOffice(stack, 'gateway-1'), openOffice(stack, 'gateway-2')];
    await office.createSpace(SPACE);
    await office.declare(SPACE, { collection: 'legal', json: true, manual: {} });
    const [phone, laptop] = [await join('phone'), await join('laptop')];
    phone.device().change(SPACE, creates('legal', 'will', { heir: 'A' }));
    await laptop.device().waitFor('the will', () => laptop.device().get(SPACE, 'legal', 'will') !== null);
    await rest([phone, laptop], SPACE);
    laptop.device().goOffline();
    laptop.device().change(SPACE, updates('legal', 'will', { heir: 'C' }));
    phone.device().change(SPACE, updates('legal', 'will', { heir: 'B' }));
    await rest([phone], SPACE);
    laptop.device().goOnline();
    await Promise.all([shows(phone, 'B', 'open'), shows(laptop, 'B', 'open')]);

    const listed = await office.call('ConflictService/ListConflicts', { space: SPACE });
    expect(listed.body).toMatchObject({ total: 1, conflicts: [{ recordId: 'will' }] });
    const { id } = (listed.body as { conflicts: [{ id: string }] }).conflicts[0];
    const decide = (at: typeof office, choice: string) =>
      at.call('ConflictService/ResolveConflict', { space: SPACE, id, decision: { [choice]: {} } });
    const answers = await Promise.all([decide(office, 'keepIncoming'), decide(branch, 'delete')]);
    const won = answers.findIndex(({ status }) => status === 200);
    expect(JSON.stringify(answers[1 - won]?.body)).toContain('"reason":"CONFLICT_STATE"');

    // Taking it back brings what the server had in either case.
    const undone = await branch.call('ConflictService/UndoResolution', { space: SPACE, id });
    expect(undone.body).toMatchObject({ conflict: { state: 'CONFLICT_STATE_REOPENED' } });
    await Promise.all([shows(phone, 'B', 'reopened'), shows(laptop, 'B', 'reopened')]);
    expect((await decide(office, 'keepIncoming')).status).toBe(200);
    await Promise.all([shows(phone, 'C', 'resolved'), shows(laptop, 'C', 'resolved')]);

    const rules = { collection: 'legal', json: true, serverWins: {} };
    const tried = await office.call('AdminService/DryRunPolicy', { space: SPACE, rules });
    expect(tried.body).toMatchObject({ tried: 1, different: 1 });
    expect(await faultsAtRest(stack, SPACE, [phone, laptop])).toEqual([]);
    for (const member of [phone, laptop]) member.end();
  },
  TEST_MS_MAX,
);
