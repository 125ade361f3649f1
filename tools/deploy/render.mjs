/** Overlays as kustomize renders them, parsed. */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { parseAllDocuments } from 'yaml';
import { root } from '../bundle.mjs';

/** In this order. The last one is fetched and built by Go, the first time. */
const renderers = [
  { command: 'kustomize', before: ['build'], probe: ['version'] },
  { command: 'kubectl', before: ['kustomize'], probe: ['version', '--client'] },
  {
    command: 'go',
    before: ['run', 'sigs.k8s.io/kustomize/kustomize/v5@v5.7.1', 'build'],
    probe: ['version'],
  },
];

function renderer() {
  const found = renderers.find(({ command, probe }) => spawnSync(command, probe).status === 0);
  if (found === undefined)
    throw new Error(
      'the overlays cannot be rendered: install kustomize, kubectl or Go (one of them is enough)',
    );
  return found;
}

/** As a cluster reads it: YAML 1.1, in which 0440 is octal. */
export function documentsIn(text, source) {
  return parseAllDocuments(text, { version: '1.1', merge: true }).map((document) => {
    if (document.errors.length > 0) throw new Error(`${source}: ${document.errors[0].message}`);
    return document.toJS();
  });
}

/** Long values come in several lines. */
function withWholeData(object) {
  if (object.kind !== 'Secret' || object.data === undefined) return object;
  const data = Object.entries(object.data).map(([key, text]) => [key, text.replace(/\s/g, '')]);
  return { ...object, data: Object.fromEntries(data) };
}

const folder = path.join(root, 'k8s/overlays');

/** `[{ name, objects }]`, one for each folder of k8s/overlays. */
export function renderOverlays() {
  const { command, before } = renderer();
  return readdirSync(folder).map((name) => {
    const { status, stdout, stderr } = spawnSync(command, [...before, path.join(folder, name)], {
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    });
    if (status !== 0) throw new Error(`k8s/overlays/${name} cannot be rendered: ${stderr}`);
    return { name, objects: documentsIn(stdout, `k8s/overlays/${name}`).map(withWholeData) };
  });
}
