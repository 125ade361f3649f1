import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { rootFolder } from './stack';

const ROOT = rootFolder(__dirname);
const read = (file: string): string => readFileSync(path.join(ROOT, file), 'utf8');
const allIn = (folder: string): string =>
  readdirSync(path.join(ROOT, folder))
    .map((file) => read(`${folder}/${file}`))
    .join('\n');

const page = read('docs/operations.md');

function named(text: string, pattern: RegExp): string[] {
  return [...new Set([...text.matchAll(pattern)].map(([whole, part]) => part ?? whole))].sort();
}

describe('the runbook', () => {
  it('has a heading for each alert, and for nothing else that is called like one', () => {
    const alerts = named(allIn('deploy/prometheus/rules'), /- alert: (\w+)/g);
    expect(named(page, /^### (Syncline\w+)$/gm)).toEqual(alerts);
  });

  it('names metrics that there are', () => {
    const known = new Set(named(read('docs/metrics.md'), /`(syncline_\w+)`/g));
    const asked = named(page, /syncline_[a-z_0-9]+/g).map((name) => name.replace(/_(bucket|sum|count)$/, ''));
    expect(asked.length).toBeGreaterThan(10);
    expect(asked.filter((name) => !known.has(name))).toEqual([]);
  });

  it('names settings that there are', () => {
    const known = new Set(named(read('docs/settings.md'), /`(SYNCLINE_\w+)`/g));
    const asked = named(page, /SYNCLINE_[A-Z_]*[A-Z]\b/g).filter(
      (name) => !/^SYNCLINE_(LIMIT|TEST_.*)$/.test(name),
    );
    expect(asked.length).toBeGreaterThan(10);
    expect(asked.filter((name) => !known.has(name))).toEqual([]);
  });

  it('distributes each table that has a space', () => {
    const withSpace = named(allIn('libs/postgres/src/migrations'), /create table (\w+) \(\n\s+space /g);
    expect(withSpace.length).toBeGreaterThan(10);
    expect(named(page, /create_distributed_table\('(\w+)', 'space'/g)).toEqual(withSpace);
  });

  it('links to what is there', () => {
    const anchors = new Set(
      named(page, /^#+ (.+)$/gm).map((heading) =>
        heading
          .toLowerCase()
          .replaceAll(/[^\w -]/g, '')
          .replaceAll(' ', '-'),
      ),
    );
    expect(named(page, /\]\(#([^)]+)\)/g).filter((anchor) => !anchors.has(anchor))).toEqual([]);
    const files = named(page, /\]\(([^#)][^)]*\.md)/g);
    expect(files.map((file) => read(`docs/${file}`)).every((text) => text.startsWith('# '))).toBe(true);
  });
});
