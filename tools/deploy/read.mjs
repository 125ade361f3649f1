import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../bundle.mjs';
import { composeSecrets } from './compose-secrets.mjs';
import { readDockerfile } from './dockerfile.mjs';
import { generatedFiles } from './generated.mjs';
import { documentsIn, renderOverlays } from './render.mjs';

const textOf = (file) => readFileSync(path.join(root, file), 'utf8');
const yamlIn = (file) => documentsIn(textOf(file), file)[0];

/** Secrets that docs/deploying.md asks operators for: `{ name: [key, …] }`, from the rows of its table. */
function documentedSecrets(text) {
  const found = {};
  for (const [, name, key] of text.matchAll(/^\| `([a-z-]+)`\s*\| `([a-z-]+)`\s*\|/gm))
    (found[name] ??= []).push(key);
  return found;
}

/** What deploy/, k8s/ and docs/deploying.md hold. */
export async function readDeployment() {
  return {
    overlays: renderOverlays(),
    dockerfile: readDockerfile(textOf('deploy/Dockerfile')),
    documented: documentedSecrets(textOf('docs/deploying.md')),
    compose: yamlIn('deploy/compose/compose.yaml'),
    prometheus: yamlIn('deploy/prometheus/prometheus.yaml'),
    exists: (file) => existsSync(path.join(root, 'deploy/compose', file)),
    secretsMade: Object.keys(composeSecrets),
    generated: await generatedFiles(),
  };
}
