import { demo } from './demo';
import { terminal } from './terminal';

/** Each gives the exit code. */
const COMMANDS: Readonly<Record<string, (args: readonly string[]) => Promise<number>>> = {
  demo: (args) => demo(terminal(process.stdout), args),
};

const USAGE = `usage: syncline <command>

  demo [folder]   two devices and one server: an edit, a conflict, its resolution. The folder is the one in which
                  \`npm start\` keeps its data; ./syncline-data if none is named.
`;

async function main([name, ...args]: readonly string[]): Promise<number> {
  const command = name === undefined ? undefined : COMMANDS[name];
  if (command !== undefined) return command(args);
  process.stderr.write(USAGE);
  return 2;
}

// What a device waits for keeps no process alive, and here it is all there is to wait for.
const awake = setInterval(() => undefined, 60_000);
void main(process.argv.slice(2))
  .catch((failure: unknown) => {
    process.stderr.write(`\n${failure instanceof Error ? failure.message : String(failure)}\n`);
    return 1;
  })
  .then((code) => {
    process.exitCode = code;
    clearInterval(awake);
  });
