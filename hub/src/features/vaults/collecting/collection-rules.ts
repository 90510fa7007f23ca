/*
 * What garbage collection may do beside backups and restores, as questions with a yes or no. Pure: nothing here reads a clock, a store or a database.
 * collection-rules.faults.ts plays every order of events against them, collection-rules.test.ts shows of each that something breaks without it (docs/adr/0016).
 */

/** The epoch of the collection that condemned a segment or snapshot; null where none has. */
export type CondemnedIn = number | null

/** A backup session or a reading run that is open; `epoch` is that of the vault when it was opened. */
export interface OpenWork {
  readonly epoch: number
}

/** What a snapshot, committed and not removed yet, means for a collection. */
export interface StandingSnapshot {
  /** A collection took it out of what is kept: nobody restores from it, bases on it or brings it back any more. */
  readonly condemnedIn: CondemnedIn
  /** Its trees were walked, and everything they need is in what it names. */
  readonly isAudited: boolean
}

export interface CollectionRules {
  /** Whether a session is told that this is stored, and a run may begin to read it. */
  readonly isOffered: (condemnedIn: CondemnedIn) => boolean
  /** Whether a session's snapshot may name it: what it was told before it was condemned stays its own. */
  readonly mayBeNamed: (condemnedIn: CondemnedIn, session: OpenWork) => boolean
  /** Whether what a collection marked may be used although snapshots were committed or brought back since: only with these marked too. */
  readonly marksWhatCameSince: boolean
  /** Nobody is left who could have been told of what the collection of this epoch condemned. */
  readonly isGraceOver: (epoch: number, open: readonly OpenWork[]) => boolean
  /** A device that names less than it needs loses nothing: nothing is condemned, and nothing removed, before its snapshots were looked through. */
  readonly mayGoOn: (snapshots: readonly StandingSnapshot[]) => boolean
  /** What a snapshot names lives again in the moment of its commit, not only when the collection marks again: the next backup builds on it at once. */
  readonly rescuesAtCommit: boolean
  /** And what looking through a snapshot found that it needs, in that moment. */
  readonly rescuesAtAudit: boolean
  /** Objects of snapshots are removed before what they need: whoever has nothing but the store finds no snapshot that cannot be restored. */
  readonly removesSnapshotsFirst: boolean
}

export const collectionRules: CollectionRules = {
  isOffered: (condemnedIn) => condemnedIn === null,
  mayBeNamed: (condemnedIn, session) => condemnedIn === null || session.epoch < condemnedIn,
  marksWhatCameSince: true,
  isGraceOver: (epoch, open) => open.every((work) => work.epoch >= epoch),
  mayGoOn: (snapshots) => snapshots.every(({ condemnedIn, isAudited }) => condemnedIn !== null || isAudited),
  rescuesAtCommit: true,
  rescuesAtAudit: true,
  removesSnapshotsFirst: true,
}

/** A place where a segment is whole. */
export interface WholePlace {
  readonly isCondemned: boolean
}

/** What a step of a collection asks of one place of a segment, damaged or not. */
export interface PlaceInQuestion {
  /** A snapshot that stays names it, or needs it unnamed. */
  readonly isNeeded: boolean
  /** It is whole in another place, which is read before this one. */
  readonly isReadElsewhere: boolean
  /** An earlier step, or an earlier collection, condemned it here. */
  readonly isCondemned: boolean
}

/** The same segment may lie in several packs: which of them counts, and what happens when that is damaged. */
export interface CopyRules {
  /** Which of the places where a segment is whole is read and named, whatever order they were met in; below 0 where there is none. */
  readonly chooseWhole: (places: readonly WholePlace[]) => number
  /** Whether a place is condemned now, or stays so: what was condemned once is asked again. */
  readonly isDead: (place: PlaceInQuestion) => boolean
  /** Between condemning and removing lie weeks: it is asked again at the end. */
  readonly looksAgain: boolean
  /** Where the place that counted is lost, a copy lives again in that moment, though it was condemned for being one. */
  readonly rescuesCopies: boolean
  /** What was just found lost is nobody's garbage before every snapshot that needs it is known to lack it. */
  readonly looksWhoseItIs: boolean
}

export const copyRules: CopyRules = {
  chooseWhole: (places) => {
    const kept = places.findIndex(({ isCondemned }) => !isCondemned)
    return kept === -1 ? (places.length > 0 ? 0 : -1) : kept
  },
  isDead: ({ isNeeded, isReadElsewhere }) => !isNeeded || isReadElsewhere,
  looksAgain: true,
  rescuesCopies: true,
  looksWhoseItIs: true,
}
