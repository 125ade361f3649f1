/** deploy/compose: services that would start, confined as in a cluster, and reached where they listen. */
import path from 'node:path';
import { portsOf, startProblems } from './programs.mjs';

const asList = (value) => (Array.isArray(value) ? value : Object.keys(value ?? {}));

function confinementProblems({ read_only: readOnly, cap_drop: dropped = [], security_opt: options = [] }) {
  return [
    ...(readOnly === true ? [] : ['may write to its root file system']),
    ...(dropped.includes('ALL') ? [] : ['keeps capabilities']),
    ...(options.includes('no-new-privileges:true') ? [] : ['may gain privileges']),
  ];
}

/** Whether two services are on one network. */
const meet = (one, other) =>
  asList(one?.networks).some((network) => asList(other?.networks).includes(network));

/** Addresses of other services: on a network with this one, and at the port for gateways where it is one of ours. */
function addressProblems(services, own, environment, programs) {
  const addresses = Object.entries(environment).flatMap(([variable, value]) => {
    const [, host, port] = /^\w+:\/\/\/?([\w-]+):(\d+)$/.exec(value) ?? [];
    return host === undefined ? [] : [{ variable, value, host, port: Number(port) }];
  });
  const isRight = ({ host, port }) =>
    meet(services[host], own) && (programs[host] === undefined || portsOf(programs[host]).grpc === port);
  return addresses
    .filter((address) => !isRight(address))
    .map(({ variable, value }) => `${variable} names ${value}, which it cannot reach`);
}

function serviceProblems(compose, name, { targets }, programs) {
  const program = programs[name];
  const service = compose.services[name];
  const { environment = {}, secrets = [], build, image, ports = [] } = service;
  const listens = Object.values(portsOf(program, targets[name].env));
  const files = Object.values(environment).filter((value) => value.startsWith('/run/secrets/'));
  const lost = files.filter((file) => !secrets.includes(path.posix.basename(file)));
  const published = ports
    .map((port) => Number(port.split(':').at(-1)))
    .filter((port) => !listens.includes(port));
  return [
    ...startProblems(program, { ...targets[name].env, ...environment }),
    ...lost.map((file) => `reads ${file}, which it is not given`),
    ...(build?.target === name && image.startsWith(`syncline/${name}:`)
      ? []
      : [`is built as ${build?.target}, called ${image}`]),
    ...published.map((port) => `publishes ${port}, where nobody listens`),
    ...ports
      .filter((port) => !port.startsWith('127.0.0.1:'))
      .map((port) => `publishes ${port} to other machines`),
    ...confinementProblems(service),
    ...addressProblems(compose.services, service, environment, programs),
  ];
}

/** Prometheus scrapes what each service says of itself, where it says it. */
function scrapeProblems(compose, prometheus, programs, services) {
  const targets = prometheus.scrape_configs.flatMap(({ static_configs: some }) =>
    some.flatMap(({ targets: each }) => each),
  );
  return services.flatMap((name) => {
    const wanted = `${name}:${portsOf(programs[name]).ops}`;
    const reached = targets.includes(wanted) && meet(compose.services[name], compose.services.prometheus);
    return reached ? [] : [`Prometheus does not scrape ${wanted}`];
  });
}

function fileProblems(compose, exists, made) {
  const mounts = Object.values(compose.services).flatMap(({ volumes = [] }) =>
    volumes.map((each) => each.split(':')[0]),
  );
  const used = Object.values(compose.services).flatMap(({ secrets = [] }) => secrets);
  const declared = Object.keys(compose.secrets);
  return [
    ...mounts
      .filter((file) => file.startsWith('.') && !exists(file))
      .map((file) => `mounts ${file}, which is not there`),
    ...used.filter((name) => !declared.includes(name)).map((name) => `there is no secret ${name}`),
    ...declared
      .filter((name) => !made.includes(name))
      .map((name) => `npm run compose:secrets does not make ${name}`),
  ];
}

export function composeProblems({
  compose,
  prometheus,
  dockerfile,
  programs,
  services,
  exists,
  secretsMade,
}) {
  return [
    ...services.flatMap((name) =>
      serviceProblems(compose, name, dockerfile, programs).map((problem) => `${name} ${problem}`),
    ),
    ...scrapeProblems(compose, prometheus, programs, services),
    ...fileProblems(compose, exists, secretsMade),
  ].map((problem) => `deploy/compose: ${problem}`);
}
