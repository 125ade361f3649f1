import type { Version } from '@syncline/core';

/** Rows in order of version. Reading costs what is read: a binary search, then one step a row. */
export interface VersionIndex<Row extends { readonly version: Version }> {
  /** The row's version is not below any that was appended before. */
  append(row: Row): void;
  drop(row: Row): void;
  /** Visits the rows above a version, in order, until the visitor answers false. */
  walk(after: Version, visit: (row: Row) => boolean): void;
}

const GAPS_MIN = 64;

export function versionIndex<Row extends { readonly version: Version }>(): VersionIndex<Row> {
  // A dropped row leaves a gap behind, so that the search still works; when gaps prevail, all are closed.
  let versions: Version[] = [];
  let rows: (Row | undefined)[] = [];
  let gaps = 0;

  const firstAbove = (version: Version): number => {
    let low = 0;
    let high = versions.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (versions[middle]! > version) high = middle;
      else low = middle + 1;
    }
    return low;
  };

  const closeGaps = (): void => {
    rows = rows.filter((row) => row !== undefined);
    versions = rows.map((row) => row!.version);
    gaps = 0;
  };

  return {
    append(row) {
      if (versions.length > 0 && versions[versions.length - 1]! > row.version) {
        throw new RangeError(`version ${row.version} comes after a later one`);
      }
      versions.push(row.version);
      rows.push(row);
    },
    drop(row) {
      let at = firstAbove(row.version - 1);
      while (at < rows.length && rows[at] !== row) at++;
      if (at === rows.length) throw new RangeError(`no row of version ${row.version} to drop`);
      rows[at] = undefined;
      gaps++;
      if (gaps > GAPS_MIN && gaps * 2 > rows.length) closeGaps();
    },
    walk(after, visit) {
      for (let at = firstAbove(after); at < rows.length; at++) {
        const row = rows[at];
        if (row !== undefined && !visit(row)) return;
      }
    },
  };
}
