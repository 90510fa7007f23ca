/** Two-part keys of Postgres advisory locks; the first part keeps ours apart from other programs' in the same database. */
export const advisoryKeys = {
  /** "HOLD" in ASCII. */
  holdfast: 0x484f4c44,
  /** Held while the schema is brought up to date. */
  migration: 1,
  /** Held by the hub that serves this database, for as long as it lives. */
  serving: 2,
} as const
