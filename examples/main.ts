import { clientWins } from './client-wins';
import { crdt } from './crdt';
import { external } from './external';
import { fieldMerge } from './field-merge';
import { lastWriteWins } from './last-write-wins';
import { manual } from './manual';
import { multiValue } from './multi-value';
import { operationalTransform } from './operational-transform';
import { schemaVersions } from './schema-versions';
import { serverWins } from './server-wins';
import { type Server, startServer } from './stage/server';
import { stageOn, type Story } from './stage/stage';
import { textField } from './text-field';
import { undo } from './undo';

const STORIES: readonly Story[] = [
  lastWriteWins,
  serverWins,
  clientWins,
  fieldMerge,
  textField,
  manual,
  multiValue,
  crdt,
  operationalTransform,
  external,
  schemaVersions,
  undo,
];

const USAGE = `usage: npm run example -- <name>

${STORIES.map(({ name, about }) => `  ${name.padEnd(22)}  ${about}`).join('\n')}
  ${'all'.padEnd(22)}  one after the other

Each starts a server of its own, plays with two devices or more, and ends with an error where what it tells is not so.
`;

async function play(server: Server, story: Story): Promise<boolean> {
  const { name, about } = story;
  const write = (text: string): void => void process.stdout.write(text);
  write(`\n== ${name}: ${about}\n`);
  const stage = stageOn(server, name, write);
  try {
    await story.play(stage);
    return true;
  } catch (failure) {
    process.stderr.write(
      `\n${failure instanceof Error ? (failure.stack ?? failure.message) : String(failure)}\n`,
    );
    return false;
  } finally {
    stage.close();
  }
}

async function main([name]: readonly string[]): Promise<number> {
  const chosen = STORIES.filter((story) => name === 'all' || story.name === name);
  if (chosen.length === 0) {
    (name === undefined ? process.stdout : process.stderr).write(USAGE);
    return name === undefined ? 0 : 2;
  }
  const server = await startServer();
  const broken: string[] = [];
  try {
    for (const story of chosen) if (!(await play(server, story))) broken.push(story.name);
  } finally {
    await server.close();
  }
  process.stdout.write(
    broken.length === 0 ? '\nAll of it was so.\n' : `\nNot as told: ${broken.join(', ')}\n`,
  );
  return broken.length === 0 ? 0 : 1;
}

void main(process.argv.slice(2))
  .catch((failure: unknown) => {
    process.stderr.write(`\n${failure instanceof Error ? failure.message : String(failure)}\n`);
    return 1;
  })
  .then((code) => {
    process.exitCode = code;
  });
