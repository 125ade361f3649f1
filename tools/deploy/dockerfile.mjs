/** deploy/Dockerfile, and whether it agrees with the programs. */
import { portsOf } from './programs.mjs';

const nodeMajor = 24;

const instructionsIn = (text) =>
  text
    .replace(/\\\n\s*/g, ' ')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => /^(\w+)\s+(.*)$/.exec(line).slice(1));

const pairsIn = (text) =>
  text
    .trim()
    .split(/\s+/)
    .map((pair) => pair.split(/=(.*)/).slice(0, 2));

/** `{ arguments, targets }`; a target has what it takes over from the one that it is built on. */
export function readDockerfile(text) {
  const given = {};
  const targets = {};
  let target = null;
  const obey = {
    ARG: (rest) => (given[rest.split('=')[0]] = rest.split('=')[1]),
    FROM: (rest) => {
      const [base, , name] = rest.split(' ');
      const image = base.replace(/\$\{(\w+)\}/g, (_, argument) => given[argument]);
      const { env = {}, exposes = [], copies = [], ...others } = targets[base] ?? {};
      target = { image, ...others, env: { ...env }, exposes: [...exposes], copies: [...copies] };
      targets[name] = target;
    },
    ENV: (rest) => Object.assign(target.env, Object.fromEntries(pairsIn(rest))),
    EXPOSE: (rest) => target.exposes.push(...rest.split(' ').map(Number)),
    USER: (rest) => (target.user = rest),
    COPY: (rest) => target.copies.push(rest),
    HEALTHCHECK: (rest) => (target.health = rest),
  };
  for (const [name, rest] of instructionsIn(text)) obey[name]?.(rest);
  return { arguments: given, targets };
}

const same = (some, others) => JSON.stringify([...some].sort()) === JSON.stringify([...others].sort());

function targetProblems(name, { env, exposes, user, copies, health = '' }, program) {
  const asDefault = portsOf(program);
  const here = portsOf(program, env);
  const own = Object.fromEntries(
    Object.entries(env).filter(([variable]) => variable.startsWith('SYNCLINE_')),
  );
  const unknown = Object.keys(own).filter((variable) => program.settings[variable] === undefined);
  const confined = Object.keys(asDefault).filter((kind) => {
    const address = env[`SYNCLINE_${kind.toUpperCase()}_ADDRESS`] ?? '';
    return !address.startsWith('0.0.0.0:');
  });
  return [
    ...unknown.map((variable) => `sets ${variable}, which is not a setting`),
    ...confined.map((kind) => `listens for ${kind} where no other container reaches it`),
    ...(same(Object.values(here), Object.values(asDefault))
      ? []
      : ['listens at other ports than the program by itself']),
    ...(same(exposes, Object.values(here))
      ? []
      : [`exposes ${exposes}, and listens at ${Object.values(here)}`]),
    ...(health.includes(`"health.cjs", "${here.ops}"`) ? [] : [`does not ask for its health at ${here.ops}`]),
    ...(/^[1-9]\d*(:[1-9]\d*)?$/.test(user ?? '') ? [] : ['does not say a user by number, other than 0']),
    ...(copies.some((copy) => copy.includes(`/out/${name} /app`)) ? [] : [`does not hold /out/${name}`]),
  ];
}

export function dockerfileProblems({ arguments: given, targets }, programs) {
  const bases = Object.entries(given).filter(
    ([, image]) => !new RegExp(`node(js)?:?${nodeMajor}\\b`).test(image),
  );
  return [
    ...bases.map(([name, image]) => `${name}: ${image} is not Node ${nodeMajor}`),
    ...Object.entries(programs).flatMap(([name, program]) =>
      targets[name] === undefined
        ? [`there is no target ${name}`]
        : targetProblems(name, targets[name], program).map((problem) => `${name}: ${problem}`),
    ),
  ].map((problem) => `deploy/Dockerfile: ${problem}`);
}
