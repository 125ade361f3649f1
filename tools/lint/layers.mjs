/**
 * Who may import whom. Each folder names the npm packages that it may use besides: a list, or
 * 'declared' for anything that its own package.json lists.
 */
export const layers = {
  core: {
    mayImport: [],
    folders: { 'libs/core': [] },
  },
  policies: {
    mayImport: ['core'],
    folders: { 'libs/policies': ['yjs', 'loro-crdt', 'ot-json1', 'ot-text-unicode', 'ajv', 're2js'] },
  },
  ports: {
    mayImport: ['core'],
    folders: { 'libs/ports': [] },
  },
  flows: {
    mayImport: ['core', 'policies', 'ports'],
    folders: { 'libs/flows': [] },
  },
  proto: {
    mayImport: [],
    folders: { 'libs/proto': ['@bufbuild/protobuf', '@grpc/grpc-js'] },
  },
  wire: {
    mayImport: ['core', 'flows', 'proto'],
    folders: { 'libs/wire': ['@grpc/grpc-js'] },
  },
  adapters: {
    mayImport: ['core', 'ports'],
    folders: {
      'libs/memory': [],
      'libs/postgres': ['pg', 'pg-protocol', '@electric-sql/pglite'],
      'libs/nats': ['@nats-io/transport-node', '@nats-io/jetstream'],
      'libs/redis': ['ioredis'],
      'libs/jwt': ['jose'],
    },
  },
  kit: {
    mayImport: [],
    folders: { 'libs/telemetry': 'declared', 'libs/service-kit': 'declared' },
  },
  client: {
    mayImport: ['core', 'policies', 'proto', 'wire', 'client'],
    folders: { 'libs/client': [], 'libs/client-node': ['@grpc/grpc-js'] },
  },
  testKit: {
    mayImport: [
      'core',
      'policies',
      'ports',
      'flows',
      'proto',
      'wire',
      'adapters',
      'kit',
      'client',
      'testKit',
    ],
    folders: {
      'libs/port-contracts': 'declared',
      'libs/simulation': 'declared',
      'libs/end-to-end': 'declared',
      'libs/bench': 'declared',
    },
  },
  examples: {
    mayImport: ['core', 'policies', 'proto', 'client'],
    folders: {
      examples: ['@grpc/grpc-js', 'yjs'],
      'examples/resolver-typescript': ['@grpc/grpc-js', '@grpc/proto-loader'],
    },
  },
  apps: {
    mayImport: ['core', 'policies', 'ports', 'flows', 'proto', 'wire', 'adapters', 'kit', 'client', 'apps'],
    folders: {
      'apps/gateway': 'declared',
      'apps/merge': 'declared',
      'apps/delta': 'declared',
      'apps/standalone': 'declared',
      'apps/bridge': 'declared',
      'apps/cli': 'declared',
      'apps/console': 'declared',
    },
  },
};

/** Tests sit beside the code they test; they may use the test kit and the one adapter that needs no service. */
export const testsMayAlsoImport = { layers: ['testKit'], folders: ['libs/memory'] };

/** An application brings its own clock and chance; in this workspace they are taken from where they may be read. */
export const examplesMayAlsoImport = { folders: ['libs/memory'] };

/** The only files that read the machine's clock and its source of chance; everything else is handed them. */
export const clockFile = 'libs/memory/src/system-clock.ts';
export const chanceFile = 'libs/memory/src/system-chance.ts';

const folderLayers = new Map(
  Object.entries(layers).flatMap(([layer, { folders }]) =>
    Object.keys(folders).map((folder) => [folder, layer]),
  ),
);
export const packageOfFolder = (folder) => `@syncline/${folder.split('/').at(-1)}`;
const foldersByPackage = new Map([...folderLayers.keys()].map((folder) => [packageOfFolder(folder), folder]));

export const layerOf = (folder) => folderLayers.get(folder);
export const folderOfPackage = (name) => foldersByPackage.get(name);
export const allowedNpm = (folder) => layers[layerOf(folder)].folders[folder];
export const foldersOf = (...names) => names.flatMap((name) => Object.keys(layers[name].folders));

export function mayImport(fromFolder, toFolder, { isTest = false } = {}) {
  const from = layerOf(fromFolder);
  const to = layerOf(toFolder);
  if (layers[from].mayImport.includes(to)) return true;
  if (from === 'examples' && examplesMayAlsoImport.folders.includes(toFolder)) return true;
  return isTest && (testsMayAlsoImport.layers.includes(to) || testsMayAlsoImport.folders.includes(toFolder));
}
