/** Reports of ramps, a folder for each scenario: numbers, a page to read, and a picture. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../bundle.mjs';

const folder = path.join(root, 'load-reports');

/** The newest report of a scenario whose steps took so long; null when there is none. */
export function lastReport(scenario, seconds) {
  const own = path.join(folder, scenario);
  if (!existsSync(own)) return null;
  const newestFirst = readdirSync(own)
    .filter((file) => file.endsWith('.json'))
    .sort()
    .reverse();
  for (const file of newestFirst) {
    const report = JSON.parse(readFileSync(path.join(own, file), 'utf8'));
    if (report.steps[0]?.seconds === seconds) return report;
  }
  return null;
}

/** Returns the page, by its place in the workspace. */
export function keepReport(ramp, report, last) {
  const own = path.join(folder, report.scenario);
  mkdirSync(own, { recursive: true });
  const name = new Date(report.atMs).toISOString().slice(0, 19).replaceAll(':', '-');
  const comparison = last === null ? null : ramp.compared(report, last);
  writeFileSync(path.join(own, `${name}.json`), `${JSON.stringify({ ...report, comparison }, null, 2)}\n`);
  writeFileSync(path.join(own, `${name}.svg`), ramp.loadPicture(report, last));
  const page = path.join(own, `${name}.md`);
  writeFileSync(page, ramp.reportPage(report, comparison, `${name}.svg`));
  return { page: path.relative(root, page), comparison };
}
