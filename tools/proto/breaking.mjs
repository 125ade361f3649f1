/** Compares the protocol with an earlier one: what a client was built against must go on working. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { root } from './generate.mjs';

const git = (...args) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();

/**
 * The commit to compare with. What is being edited is compared with HEAD; what is committed, with the state before
 * the commit that touched it last. Where the clone goes back no further, HEAD is all there is.
 */
export function defaultBase() {
  if (git('status', '--porcelain', '--', 'proto') !== '') return git('rev-parse', 'HEAD');
  const [, before] = git('rev-list', '--max-count=2', 'HEAD', '--', 'proto').split('\n');
  return before ?? git('rev-parse', 'HEAD');
}

/** Problems, one a line; a base that cannot be read is one. */
export function breakingChanges(base) {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'syncline-proto-base-'));
  try {
    const archive = spawnSync('git', ['archive', '--format=tar', base, 'proto', 'buf.yaml'], {
      cwd: root,
      maxBuffer: 64 * 1024 * 1024,
    });
    if (archive.status !== 0) {
      return [`${base} has no protocol to compare with: ${archive.stderr.toString().trim()}`];
    }
    execFileSync('tar', ['-x', '-C', folder], { input: archive.stdout });
    const buf = spawnSync(path.join(root, 'node_modules/.bin/buf'), ['breaking', '--against', folder], {
      cwd: root,
      encoding: 'utf8',
    });
    if (buf.status === 0) return [];
    return `${buf.stdout}${buf.stderr}`.trim().split('\n');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
