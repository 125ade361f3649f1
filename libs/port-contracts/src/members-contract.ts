import { type Access, spaceOf, tenantOf, userId } from '@syncline/core';
import type { AccessChange } from '@syncline/ports';
import {
  type AdministrationWorld,
  administrationWorld,
  ANN,
  type MakeAdministration,
  memberOf,
} from './administration-fixtures';
import { BASE_MS, NOTES, OWNER } from './change-fixtures';
import { eventually } from './eventually';

const READER: Access = { role: 'reader', collections: new Map([[NOTES, 'none']]) };
const FAR_MS = 2 ** 45;

export function describeMembersContract(name: string, make: MakeAdministration): void {
  describe(`${name} keeps the contract of members`, () => {
    const world = administrationWorld(make);
    describeMembership(world);
    describeEnding(world);
  });
}

function describeMembership(world: AdministrationWorld): void {
  test('a member comes back as it was put, and keeps the time of joining', async () => {
    const { store } = world;
    const space = await world.space();
    const ann = memberOf('ann', { expiresAtMs: FAR_MS });
    expect(await store.putMember(space, ann)).toEqual(ann);
    expect(await store.member(space, ANN)).toEqual(ann);
    const changed = memberOf('ann', { access: READER, addedAtMs: BASE_MS + 9 });
    expect(await store.putMember(space, changed)).toEqual({ ...changed, addedAtMs: BASE_MS });
    expect(await store.access(space, ANN)).toEqual(READER);
    await store.setAccess(space, ANN, OWNER);
    expect(await store.member(space, ANN)).toEqual(memberOf('ann'));
    await store.setAccess(space, ANN, null);
    expect(await store.member(space, ANN)).toBeNull();
    expect(await store.putMember(world.nowhere(), ann)).toBeNull();
  });

  test('members are listed in order, from one on', async () => {
    const { store } = world;
    const space = await world.space();
    for (const user of ['bob', 'ärger', 'ann', 'Bob']) await store.putMember(space, memberOf(user));
    const list = async (after: string | null, limit: number) =>
      (await store.members(space, after === null ? null : userId(after), limit)).map(({ user }) => user);
    expect(await list(null, 10)).toEqual(['Bob', 'ann', 'bob', 'ärger']);
    expect(await list('ann', 1)).toEqual(['bob']);
    expect(await store.members(world.nowhere(), null, 10)).toEqual([]);
  });

  test('whoever looks at the heads sees that access has changed, and listeners are told', async () => {
    const { store } = world;
    const space = await world.space();
    const heard: AccessChange[] = [];
    const stop = store.onAccessChange((news) => {
      if (news.kind === 'access' && news.space === space) heard.push(news);
    });
    const before = (await store.heads([space])).get(space)!.accessChanges;
    await store.putMember(space, memberOf('ann', { access: READER }));
    expect((await store.heads([space])).get(space)!.accessChanges).toBeGreaterThan(before);
    await eventually(() => expect(heard).toEqual([{ kind: 'access', space, user: ANN, access: READER }]));
    stop();
  });
}

function describeEnding(world: AdministrationWorld): void {
  test('a membership whose time has come is none', async () => {
    const { store } = world;
    const space = await world.space();
    await store.putMember(space, memberOf('ann', { expiresAtMs: BASE_MS }));
    expect(await store.access(space, ANN)).toBeNull();
    expect(await store.member(space, ANN)).toBeNull();
    const limit = 10;
    expect(await store.members(space, null, limit)).toEqual([]);
    expect(await store.spacesOf(tenantOf(space), ANN, null, limit)).toEqual([]);
    await store.putMember(space, memberOf('ann', { expiresAtMs: FAR_MS }));
    expect(await store.access(space, ANN)).toEqual(OWNER);
    const [membership] = await store.spacesOf(tenantOf(space), ANN, null, limit);
    expect(membership?.space).toBe(spaceOf(space));
  });

  test('those whose time has come are ended, and everyone is told', async () => {
    const { store } = world;
    const [space, other] = [await world.space(), await world.space()];
    await store.putMember(space, memberOf('ann', { expiresAtMs: BASE_MS }));
    await store.putMember(space, memberOf('bob', { expiresAtMs: FAR_MS }));
    await store.putMember(other, memberOf('ann'));
    const heard: unknown[] = [];
    const stop = store.onAccessChange((news) => {
      if (news.kind === 'access' && [space, other].includes(news.space))
        heard.push([news.space, news.user, news.access]);
    });
    const counts = async () =>
      [...(await store.heads([space, other])).values()].map(({ accessChanges }) => accessChanges);
    const [before, untouched] = await counts();
    expect(await store.endMemberships(BASE_MS)).toBeGreaterThan(0);
    await eventually(() => expect(heard).toEqual([[space, ANN, null]]));
    const [after, stillUntouched] = await counts();
    expect(after).toBeGreaterThan(before!);
    expect(stillUntouched).toBe(untouched);
    expect(await store.access(other, ANN)).toEqual(OWNER);
    expect(await store.access(space, userId('bob'))).toEqual(OWNER);
    stop();
  });
}
