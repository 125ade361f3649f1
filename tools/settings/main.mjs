/**
 * Writes docs/settings.md, the table of all settings of all programs, from the tables in their `config.ts`:
 * `npm run settings`. With `--check` it writes nothing, and fails when the page is not what the tables give.
 */
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { bundle, root } from '../bundle.mjs';
import { generatedPage } from '../generated-page.mjs';

const introduction = `# Settings

Every program reads its settings from the environment when it starts, and says what is wrong with them, all of it at once.
A name that it does not know is an error too. A secret can also be read from a file: \`SYNCLINE_TOKEN_SECRET_FILE\` names one
for \`SYNCLINE_TOKEN_SECRET\`.

Written by \`npm run settings\` from the programs themselves.
`;

const configs = readdirSync(path.join(root, 'apps'))
  .map((app) => ({ app, config: path.join(root, 'apps', app, 'src/config.ts') }))
  .filter(({ config }) => existsSync(config));

/** An entry that exports what every config.ts exports, by program. */
const entry = `
export { settingsTable } from '@syncline/service-kit';
${configs.map(({ app, config }) => `export * as ${app} from ${JSON.stringify(config)};`).join('\n')}
`;

const isSetting = (value) => typeof value?.parse === 'function' && typeof value.name === 'string';
const isTable = (value) =>
  typeof value === 'object' &&
  value !== null &&
  Object.values(value).length > 0 &&
  Object.values(value).every(isSetting);

async function table(folder) {
  const file = path.join(folder, 'settings.ts');
  writeFileSync(file, entry);
  const { settingsTable, ...modules } = createRequire(import.meta.url)(await bundle(file, folder));
  const programs = configs.map(({ app: program }) => {
    const tables = Object.values(modules[program]).filter(isTable);
    if (tables.length !== 1)
      throw new Error(`apps/${program}/src/config.ts exports ${tables.length} tables of settings`);
    const silent = Object.values(tables[0]).find(({ sentence }) => typeof sentence !== 'string');
    if (silent !== undefined) throw new Error(`${program}: SYNCLINE_${silent.name} has no sentence`);
    return { program, table: tables[0] };
  });
  return settingsTable(programs);
}

await generatedPage('docs/settings.md', {
  make: async (folder) => `${introduction}\n${await table(folder)}`,
  stale: 'is not what the settings give: npm run settings',
});
