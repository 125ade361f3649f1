/** Finds a server's programs on this machine, or installs them where that needs nobody's permission. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** How each server is called, and the Debian package that brings it. */
export const servers = {
  postgres: { programs: ['initdb', 'postgres'], debian: 'postgresql' },
  nats: { programs: ['nats-server'], debian: 'nats-server' },
  redis: { programs: ['redis-server'], debian: 'redis-server' },
  'redis-cluster': { programs: ['redis-server'], debian: 'redis-server' },
  prometheus: { programs: ['prometheus', 'promtool'], debian: 'prometheus' },
};

const INSTALL_MS_MAX = 5 * 60 * 1000;

/** Debian keeps the programs of Postgres outside of the path, a folder for each major version; the newest comes first. */
function debianPostgresFolders() {
  const base = '/usr/lib/postgresql';
  if (!existsSync(base)) return [];
  const majors = readdirSync(base).filter((name) => /^\d+$/.test(name));
  return majors.sort((one, other) => Number(other) - Number(one)).map((major) => `${base}/${major}/bin`);
}

function isProgram(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** A folder that has all programs of the server, so that they are of one version; null when there is none. */
export function folderOf(server) {
  const searched = [
    ...(process.env.PATH ?? '').split(path.delimiter).filter((folder) => folder !== ''),
    ...debianPostgresFolders(),
    '/usr/sbin',
    '/usr/local/sbin',
  ];
  const { programs } = servers[server];
  return searched.find((folder) => programs.every((name) => isProgram(path.join(folder, name)))) ?? null;
}

function canInstall() {
  if (process.getuid?.() !== 0 || !existsSync('/usr/bin/apt-get') || !existsSync('/etc/os-release'))
    return false;
  const release = readFileSync('/etc/os-release', 'utf8');
  return /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(release);
}

/** Two runs may install at the same moment: apt waits for its lock, and Debian's packages start no server on the way. */
function aptGet(args) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  const wait = ['-o', 'DPkg::Lock::Timeout=300', '-o', 'Acquire::Retries=3'];
  const { status, stderr, stdout } = spawnSync('apt-get', [...wait, '-q', '-y', ...args], {
    env,
    encoding: 'utf8',
    timeout: INSTALL_MS_MAX,
  });
  return status === 0
    ? null
    : `apt-get ${args.join(' ')}: ${(stderr || stdout || '').trim().split('\n').at(-1)}`;
}

/** Null when everything is there afterwards, otherwise why not. */
export function install(names, say) {
  if (!canInstall()) return 'installing needs root on Debian or Ubuntu';
  const packages = names.map((name) => servers[name].debian);
  say(`installing ${packages.join(', ')} with apt-get`);
  const quick = aptGet(['install', '--no-install-recommends', ...packages]);
  if (quick === null) return null;
  // The list of packages may be missing or too old.
  return aptGet(['update']) ?? aptGet(['install', '--no-install-recommends', ...packages]);
}
