/** ghz, the program that makes the calls: as it is found on the PATH, else built by Go into a folder of this workspace. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';

const MODULE = 'github.com/bojand/ghz/cmd/ghz';
const VERSION = 'v0.121.0';

const answers = (command, args) => {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  return status === 0 ? `${stdout}${stderr}`.trim() : null;
};

/** `{ command, version }`. The first time, building it into the cache takes a minute or two. */
export function findGhz(cache, say) {
  const installed = answers('ghz', ['--version']);
  if (installed !== null) return { command: 'ghz', version: installed };
  const folder = path.resolve(cache, `ghz-${VERSION}`);
  const built = path.join(folder, process.platform === 'win32' ? 'ghz.exe' : 'ghz');
  if (!existsSync(built)) build(folder, say);
  return { command: built, version: VERSION };
}

function build(folder, say) {
  if (answers('go', ['version']) === null)
    throw new Error(
      `there is no ghz here and no Go to build it: put ghz ${VERSION} on the PATH (https://ghz.sh), or install Go`,
    );
  say(`Building ghz ${VERSION} into ${folder}, once`);
  const { status, stderr } = spawnSync('go', ['install', `${MODULE}@${VERSION}`], {
    encoding: 'utf8',
    env: { ...process.env, GOBIN: folder },
  });
  if (status !== 0) throw new Error(`ghz could not be built: ${stderr}`);
}

/** Runs it to its end; the report is in the file that the configuration names. */
export function runGhz(command, configFile) {
  const child = spawn(command, ['--config', configFile], { stdio: ['ignore', 'ignore', 'pipe'] });
  const kill = () => child.kill();
  process.once('exit', kill);
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (said += text));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => {
      process.off('exit', kill);
      if (code === 0) resolve();
      else reject(new Error(`ghz ended with ${code}: ${said.trim()}`));
    });
  });
}
