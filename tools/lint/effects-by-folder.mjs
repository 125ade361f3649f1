import { chanceFile, clockFile, foldersOf } from './layers.mjs';
import { effectKinds } from './rules/effects.mjs';

const without = (kinds, ...left) => kinds.filter((kind) => !left.includes(kind));
const sources = (folders) => folders.map((folder) => `${folder}/src/**/*.ts`);
const tests = ['**/*.test.ts'];

const everything = effectKinds;
const everythingButWaiting = without(everything, 'async');
const theMachine = ['clock', 'chance', 'env', 'console'];

/** From the strictest folder to the freest: what no code there may reach for. The last entry that fits counts. */
export const bannedEffects = [
  { files: ['libs/*/src/**/*.ts', 'apps/*/src/**/*.ts', 'examples/**/*.ts'], ban: theMachine },
  { files: sources(foldersOf('core', 'policies')), ignores: tests, ban: everything },
  { files: sources(foldersOf('ports', 'flows', 'client')), ignores: tests, ban: everythingButWaiting },
  { files: ['libs/client-node/src/**/*.ts'], ban: theMachine },
  { files: sources(foldersOf('wire')), ignores: tests, ban: everythingButWaiting },
  // Entries of their own, which nothing else in wire imports.
  {
    files: ['libs/wire/src/grpc.ts', 'libs/wire/src/gzip.ts'],
    ban: without(everythingButWaiting, 'builtin'),
  },
  { files: [...sources(foldersOf('testKit')), 'apps/cli/src/**/*.ts'], ban: without(theMachine, 'console') },
  { files: ['libs/port-contracts/src/test-services.ts'], ban: without(theMachine, 'console', 'env') },
  // Finer than the clock, and never told to anyone but the reader of a table.
  { files: ['libs/bench/src/stopwatch.ts'], ban: without(theMachine, 'console', 'clock') },
  // Keys for tests are made anew each time, so that none is kept in the repository.
  {
    files: [
      'libs/service-kit/src/certificates.test-fixtures.ts',
      'libs/jwt/src/jwks-server.test-fixtures.ts',
    ],
    ban: without(theMachine, 'chance'),
  },
  { files: ['apps/*/src/config.ts'], ban: without(theMachine, 'env') },
  { files: [clockFile], ban: without(theMachine, 'clock') },
  { files: [chanceFile], ban: without(theMachine, 'chance') },
];
