/** How many reads run beside each other, and how often spaces are looked after. */
export interface DeltaSettings {
  /** Of reads, plans and comparisons; a further one waits. */
  readonly readsMax: number;
  /** Beyond as many, a read is refused. */
  readonly waitingReadsMax: number;
  /** Pages that were read before anyone asked for them, and as many that are kept for whoever asks the same next. */
  readonly keptPagesMax: number;
  readonly keepPagesMs: number;
  readonly retryAfterMs: number;
  /** Between two looks for commits that were not announced. */
  readonly repairEveryMs: number;
  /** Of one look. */
  readonly repairSpacesMax: number;
  /** Between the beginnings of two walks over all spaces. */
  readonly keepEveryMs: number;
  readonly keepSpacesPerSecond: number;
  /** Of one page of the walk. */
  readonly keepPageSpaces: number;
  /** Whoever walks holds the lease for so long after each page; then another instance may begin. */
  readonly keepLeaseMs: number;
  /** Between two looks for memberships whose time has come. */
  readonly endMembershipsEveryMs: number;
  /** Between two counts of what tenants hold: for so long, what one space takes is not missing to the others. */
  readonly allowGrowthEveryMs: number;
}

export const DEFAULT_DELTA_SETTINGS: DeltaSettings = {
  readsMax: 16,
  waitingReadsMax: 2_000,
  keptPagesMax: 64,
  keepPagesMs: 10_000,
  retryAfterMs: 500,
  repairEveryMs: 2_000,
  repairSpacesMax: 100,
  keepEveryMs: 60_000,
  keepSpacesPerSecond: 50,
  keepPageSpaces: 100,
  keepLeaseMs: 30_000,
  endMembershipsEveryMs: 2_000,
  allowGrowthEveryMs: 15_000,
};

/** For whoever runs the service. */
export const DELTA_SENTENCES: Readonly<Record<keyof DeltaSettings, string>> = {
  readsMax: 'Reads at once; a further one waits.',
  waitingReadsMax: 'Reads that wait for their turn; beyond, a read is refused.',
  keptPagesMax: 'Pages that are read ahead of whoever is on the way, and as many that are kept for others.',
  keepPagesMs: 'For so long such a page is kept.',
  retryAfterMs: 'When a read that could not be served should come again.',
  repairEveryMs: 'Commits that nobody announced are looked for this often.',
  repairSpacesMax: 'Spaces that are announced anew in one look.',
  keepEveryMs: 'The pause between two walks over all spaces that forget what nobody can ask for any more.',
  keepSpacesPerSecond: 'Spaces in a second of such a walk, at the most.',
  keepPageSpaces: 'Spaces that such a walk asks for at once.',
  keepLeaseMs: 'After a walk has died without a word, another instance waits so long before it begins one.',
  endMembershipsEveryMs: 'Memberships whose time has come are looked for this often.',
  allowGrowthEveryMs: 'What tenants hold is counted anew this often.',
};
