/** What is in a rendered overlay, by what the checks ask for. */

export const nameOf = ({ kind, metadata: { name } }) => `${kind} ${name}`;
export const ofKind = (objects, kind) => objects.filter((object) => object.kind === kind);
export const named = (objects, kind, name) =>
  objects.find((object) => object.kind === kind && object.metadata.name === name);

const holdsPods = ['Deployment', 'StatefulSet', 'Job'];

/** Everything that pods are made by: `{ name, kind, labels, spec, owner }`. */
export function workloads(objects) {
  return objects
    .filter(({ kind }) => holdsPods.includes(kind))
    .map((owner) => ({
      name: owner.metadata.name,
      kind: owner.kind,
      labels: owner.spec.template.metadata.labels ?? {},
      spec: owner.spec.template.spec,
      owner,
    }));
}

export function matches({ matchLabels = {}, matchExpressions = [] }, labels) {
  const tests = {
    In: (value, values) => values.includes(value),
    NotIn: (value, values) => !values.includes(value),
    Exists: (value) => value !== undefined,
    DoesNotExist: (value) => value === undefined,
  };
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator, values }) => tests[operator](labels[key], values))
  );
}

export const portsIn = ({ containers }) => containers.flatMap(({ ports = [] }) => ports);

/** The program that an image of ours holds, whatever registry it is in; null for the images of others. */
export const programIn = (image) => /(?:^|\/)syncline\/([a-z]+)(?::|$)/.exec(image)?.[1] ?? null;

export const decoded = (text) => Buffer.from(text, 'base64').toString('utf8');
