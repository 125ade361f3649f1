import { spaceId, spaceKey, tenantId } from '@syncline/core';
import { artifactOf, BASE_MS, describeArtifactStoreContract } from '@syncline/port-contracts';
import { newsInProcess, testDatabase } from './database.test-fixtures';
import { statement } from './sql';
import { postgresStore } from './store';

describeArtifactStoreContract('postgres', async () => {
  const { sql, close } = await testDatabase();
  return { store: postgresStore({ sql, news: newsInProcess() }), prefix: 'postgres', close };
});

const spoil = statement<never>(
  'artifact_test.spoil',
  `update artifact_chunks set content = set_byte(content, 7, 255 - get_byte(content, 7))
   where space = $1::text and index = 1`,
);

test('what has changed where it is stored is found out, is read no more, and can be uploaded again', async () => {
  const { sql, close } = await testDatabase();
  const { artifacts } = postgresStore({ sql, news: newsInProcess() });
  const space = spaceKey(tenantId('acme'), spaceId('home'));
  const { info, chunks } = artifactOf(2_500);
  const upload = async () => {
    await artifacts.begin(space, info, BASE_MS);
    for (const [index, content] of chunks.entries())
      await artifacts.putChunk(space, info.hash, { index, content }, BASE_MS);
    return artifacts.complete(space, info.hash);
  };
  expect(await upload()).toBe(true);
  await sql.query(spoil(space));
  const found = await artifacts.verify(space, info.hash);
  expect(found).toHaveLength(32);
  expect(found).not.toEqual(info.hash);
  expect(await artifacts.state(space, info.hash)).toMatchObject({
    complete: false,
    corrupt: true,
    chunksStored: 0,
  });
  expect(await artifacts.chunk(space, info.hash, 0)).toBeNull();
  expect(await artifacts.verify(space, info.hash)).toBeNull();
  expect(await upload()).toBe(true);
  expect(await artifacts.usedBytes(tenantId('acme'))).toBe(2_500);
  await close();
});
