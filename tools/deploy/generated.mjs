/** What is written from the dashboards and rules of deploy/, so that Kubernetes gets the same as deploy/compose. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import * as prettier from 'prettier';
import { stringify } from 'yaml';
import { root } from '../bundle.mjs';
import { documentsIn } from './render.mjs';

const note = (from) => `# Written from ${from} by \`npm run deploy:write\`.\n`;

const filesIn = (folder, extension) =>
  readdirSync(path.join(root, folder))
    .filter((name) => name.endsWith(extension))
    .sort();

function dashboards() {
  const files = filesIn('deploy/grafana/dashboards', '.json').map((name) => `dashboards/${name}`);
  const options = { labels: { grafana_dashboard: '1' } };
  return {
    file: 'deploy/grafana/kustomization.yaml',
    text: `${note('deploy/grafana/dashboards')}${stringify({
      apiVersion: 'kustomize.config.k8s.io/v1beta1',
      kind: 'Kustomization',
      // A name each: all of them together would be too much for one object.
      configMapGenerator: files.map((each) => ({
        name: `dashboard-${path.basename(each, '.json')}`,
        files: [each],
        options,
      })),
    })}`,
  };
}

function rules() {
  const folder = 'deploy/prometheus/rules';
  const groups = filesIn(folder, '.yaml').flatMap((name) => {
    const file = `${folder}/${name}`;
    return documentsIn(readFileSync(path.join(root, file), 'utf8'), file).flatMap(
      (document) => document.groups,
    );
  });
  return {
    file: 'k8s/components/monitoring/prometheus-rules.yaml',
    text: `${note(folder)}${stringify({
      apiVersion: 'monitoring.coreos.com/v1',
      kind: 'PrometheusRule',
      metadata: { name: 'syncline' },
      spec: { groups },
    })}`,
  };
}

/** `[{ file, text }]`, in the one format. */
export async function generatedFiles() {
  return Promise.all(
    [dashboards(), rules()].map(async ({ file, text }) => {
      const options = await prettier.resolveConfig(path.join(root, file));
      return { file, text: await prettier.format(text, { ...options, parser: 'yaml' }) };
    }),
  );
}

const currentText = (file) => readFileSync(path.join(root, file), 'utf8');

export const staleProblems = (files, textOf = currentText) =>
  files
    .filter(({ file, text }) => textOf(file) !== text)
    .map(({ file }) => `${file} is stale: npm run deploy:write`);
