import { nameHash, type SpaceKey, spaceKey, tenantId, spaceId } from '@syncline/core';
import { memoryStore } from '@syncline/memory';
import { spacesOfHashes } from './spaces-of-hashes';

const space = (n: number): SpaceKey => spaceKey(tenantId(`t${n % 7}`), spaceId(`s${n}`));

test('a space is found by its hash among many, and a hash of none finds nothing', async () => {
  const store = memoryStore();
  for (let n = 0; n < 2_500; n++) await store.createSpace(space(n), null);
  const wanted = [space(0), space(1_234), space(2_499)];
  const found = await spacesOfHashes(store, [...wanted.map(nameHash), nameHash('nobody/nowhere')]);
  expect(new Set(found.map(({ space: name }) => name))).toEqual(new Set(wanted));
  for (const { hash, space: name } of found) expect(hash).toBe(nameHash(name));
  expect(await spacesOfHashes(memoryStore(), wanted.map(nameHash))).toEqual([]);
});
