const OTHER = 'other';

/**
 * A metric costs memory for every combination of its labels, here and wherever it is stored. Those seen first are
 * told apart; from the bound on, all new ones become one.
 */
export function boundedLabels<Label extends string>(
  labels: readonly Label[],
  combinationsMax: number,
): (values: Readonly<Record<Label, string>>) => Record<Label, string> {
  const seen = new Set<string>();
  const other = Object.fromEntries(labels.map((label) => [label, OTHER])) as Record<Label, string>;
  return (values) => {
    const combination = labels.map((label) => values[label]).join('\u0000');
    if (seen.has(combination)) return values;
    if (seen.size >= combinationsMax) return other;
    seen.add(combination);
    return values;
  };
}

/** The same for one label that several metrics share, so that each of them tells the same names apart. */
export function boundedNames(namesMax: number): (name: string) => string {
  const bounded = boundedLabels(['name'], namesMax);
  return (name) => bounded({ name }).name;
}
