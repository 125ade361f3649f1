import { BinaryReader } from './index';
import { deviceDescriptors } from './descriptors';

/** The first field of a file's descriptor is its name, the third, repeated, what it imports. */
function fileOf(descriptor: Uint8Array) {
  const reader = new BinaryReader(descriptor);
  const file = { name: '', imports: [] as string[] };
  while (reader.pos < reader.len) {
    const tag = reader.uint32();
    if (tag === 10) file.name = reader.string();
    else if (tag === 26) file.imports.push(reader.string());
    else reader.skip(tag & 7);
  }
  return file;
}

describe('the descriptors of the protocol of devices', () => {
  const files = deviceDescriptors().map(fileOf);
  const names = files.map(({ name }) => name);

  test('are those of its files and of what these import, and of nothing between services', () => {
    expect(names).toContain('syncline/v1/sync_service.proto');
    expect(names.filter((name) => !/^(syncline\/v1|google)\//.test(name))).toEqual([]);
    expect(new Set(names).size).toBe(names.length);
  });

  test('come after what they import', () => {
    const known = new Set<string>();
    for (const { name, imports } of files) {
      expect([name, imports.filter((each) => !known.has(each))]).toEqual([name, []]);
      known.add(name);
    }
  });
});
