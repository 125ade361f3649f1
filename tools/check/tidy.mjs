/** House rules that no linter of one language can see: they hold for every file that people write. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { sourceFiles } from './source-files.mjs';

const linesMax = 400;
const isSource = (file) => /\.(ts|mts|cts|mjs|cjs|js|tsx|proto|sql|sh|go|py|rs|css|html)$/.test(file);
const isText = (file) =>
  isSource(file) || /\.(json|ya?ml|md|toml|txt)$/.test(file) || path.extname(file) === '';
const isExempt = (file) => /^tools\/lint\/planted\/|^package-lock\.json$|^LICENSE$/.test(file);
const isTest = (file) => /(\.test\.ts|_test\.go|_test\.py)$|(^|\/)test_[^/]+\.py$/.test(file);

/** A name that could hold anything says nothing about what it holds. */
const vagueName = /(^|\/)(utils?|helpers?|common|types|manager|misc|shared)(\/|\.\w+$)/;
const leftForLater = new RegExp(`\\b(${['TO' + 'DO', 'FIX' + 'ME', 'X' + 'XX', 'HA' + 'CK'].join('|')})\\b`);
const mergeMarker = /^(<{7}|>{7}|\|{7})( |$)/;

function problemsOfLines(file, lines) {
  return lines.flatMap((line, index) => {
    const at = `${file}:${index + 1}`;
    return [
      ...(mergeMarker.test(line) ? [`${at}: a merge was not finished`] : []),
      ...(isSource(file) && leftForLater.test(line) ? [`${at}: finish it, or write an issue`] : []),
      ...(line.endsWith('\r') ? [`${at}: ends in a carriage return`] : []),
    ];
  });
}

function problemsOf(root, file) {
  const named = vagueName.test(file) ? [`${file}: the name does not say what it holds`] : [];
  if (!isText(file)) return named;
  const lines = readFileSync(path.join(root, file), 'utf8').replace(/\n$/, '').split('\n');
  const isLong = isSource(file) && !isTest(file) && lines.length > linesMax;
  return [
    ...named,
    ...(isLong ? [`${file}: ${lines.length} lines, ${linesMax} at most`] : []),
    ...problemsOfLines(file, lines),
  ];
}

export function untidiness(root) {
  return sourceFiles(root)
    .filter((file) => !isExempt(file))
    .flatMap((file) => problemsOf(root, file));
}
