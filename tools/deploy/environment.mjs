/** Each container of ours would start with what it is given, listens where others look for it, and finds what it names. */
import { decoded, named, programIn, workloads } from './cluster.mjs';
import { portsOf, secretBehind, startProblems } from './programs.mjs';

function environmentOf(objects, { env: ofImage }, { envFrom = [], env = [] }) {
  const maps = envFrom.map(({ configMapRef }) => named(objects, 'ConfigMap', configMapRef.name)?.data ?? {});
  const own = env.map(({ name, value = '' }) => [name, value]);
  return Object.assign({}, ofImage, ...maps, Object.fromEntries(own));
}

/** Where a path leads in the volumes of a pod: `{ secret, key }`, or null where nothing is mounted. */
function mounted({ volumes = [] }, { volumeMounts = [] }, file) {
  const mount = volumeMounts.find(({ mountPath }) => file.startsWith(`${mountPath}/`));
  const secret = volumes.find(({ name }) => name === mount?.name)?.secret;
  if (secret === undefined) return null;
  const inside = file.slice(mount.mountPath.length + 1);
  if (secret.items === undefined) return { secret: secret.secretName, key: inside };
  const item = secret.items.find(({ path }) => path === inside);
  return item === undefined ? null : { secret: secret.secretName, key: item.key };
}

/** What a file holds, where its secret is rendered too. */
function contentAt(objects, { secret, key }) {
  const data = named(objects, 'Secret', secret)?.data?.[key];
  return data === undefined ? null : decoded(data);
}

/** What lives at an address: the scheme tells. */
const portNames = { 'dns:': 'grpc', 'nats:': 'nats', 'redis:': 'redis', 'postgres:': 'postgres' };

/** Names of this namespace have no dots; what is elsewhere is for others to know. */
function addressProblems(objects, variable, text) {
  const addresses = [...text.matchAll(/\b(\w+:)\/\/\/?(?:[^@/\s]*@)?([a-z][a-z0-9-]*):(\d+)/g)];
  return addresses
    .filter(([, scheme, host, port]) => {
      const ports = named(objects, 'Service', host)?.spec.ports ?? [];
      return !ports.some((each) => each.port === Number(port) && each.name === portNames[scheme]);
    })
    .map(([, , host, port]) => `${variable} names ${host}:${port}, which no service has for that`);
}

function containerProblems(objects, target, program, spec, container) {
  const environment = environmentOf(objects, target, container);
  const variables = Object.entries(environment).filter(([name]) => name.startsWith('SYNCLINE_'));
  const files = variables.filter(([, value]) => value.startsWith('/run/'));
  const lost = files.filter(([, file]) => mounted(spec, container, file) === null);
  const secretAt = (file) => {
    const place = mounted(spec, container, file);
    return place === null ? null : contentAt(objects, place);
  };
  const texts = variables.map(([name, value]) => {
    const isSecret = secretBehind(program, name) !== null;
    return [name, (isSecret ? secretAt(value) : value) ?? ''];
  });
  return [
    ...startProblems(program, Object.fromEntries(variables), secretAt),
    ...lost.map(([name, file]) => `${name} names ${file}, where nothing is mounted`),
    ...texts.flatMap(([name, text]) => addressProblems(objects, name, text)),
    ...portProblems(portsOf(program, environment), container),
  ];
}

function portProblems(listens, { ports = [] }) {
  const text = (pairs) =>
    pairs
      .map(([name, port]) => `${name} ${port}`)
      .sort()
      .join(', ');
  const said = text(ports.map(({ name, containerPort }) => [name, containerPort]));
  const wanted = text(Object.entries(listens));
  return said === wanted ? [] : [`listens at ${wanted}, and says ${said || 'nothing'}`];
}

/** A job does its work and listens for nobody. */
const withoutPorts = (problems, kind) =>
  kind === 'Job' ? problems.filter((each) => !each.startsWith('listens at')) : problems;

export function environmentProblems(objects, { targets }, programs) {
  return workloads(objects).flatMap(({ kind, name, spec }) =>
    spec.containers.flatMap((container) => {
      const program = programIn(container.image);
      if (program === null) return [];
      if (targets[program] === undefined || programs[program] === undefined)
        return [`${kind} ${name} runs ${container.image}, which deploy/Dockerfile does not make`];
      const problems = containerProblems(objects, targets[program], programs[program], spec, container);
      return withoutPorts(problems, kind).map((problem) => `${kind} ${name}: ${problem}`);
    }),
  );
}

/** Services that speak with each other are of one version. */
export function versionProblems(objects) {
  const images = workloads(objects).flatMap(({ spec }) => spec.containers.map(({ image }) => image));
  const versions = new Set(
    images.filter((image) => programIn(image) !== null).map((image) => image.split(':').at(-1)),
  );
  return versions.size === 1 ? [] : [`services of several versions: ${[...versions].join(', ')}`];
}
