/*
 * What a hub keeps of itself: everything that nothing else knows. In the order in which it can be put back, for rows name rows of tables before them.
 */

/** How much of what happened goes along: enough to look back on, and small beside an audit log of years. */
const keptRuns = 10_000
const runsWithLog = 1000
const keptLogLines = 200_000

const newestRuns = (count: number): string =>
  `select * from run where state not in ('queued', 'offered', 'running', 'committing') order by created_at desc, id limit ${count}`

export interface KeptTable {
  readonly name: string
  /** Its rows, where not all go along. Read in one transaction with all others. */
  readonly rows?: string
}

export const keptTables: readonly KeptTable[] = [
  { name: 'hub_identity' },
  { name: 'user_account' },
  { name: 'api_token' },
  { name: 'vault' },
  { name: 'agent' },
  { name: 'enrolment_token' },
  { name: 'plan' },
  // What somebody refused to let go.
  { name: 'retention_wait' },
  // What is still to leave.
  { name: 'purge' },
  { name: 'audit_entry' },
  {
    name: 'run',
    // Those that made snapshots all go along: which plan a snapshot is of decides what rules and later backups do with it.
    rows: `(${newestRuns(keptRuns)}) union select * from run where id in (select run_id from snapshot)`,
  },
  { name: 'run_event', rows: `select e.* from run_event e join (${newestRuns(keptRuns)}) r on r.id = e.run_id` },
  {
    name: 'run_log',
    rows: `select l.* from run_log l join (${newestRuns(runsWithLog)}) r on r.id = l.run_id order by r.created_at desc, l.run_id, l.seq limit ${keptLogLines}`,
  },
  // What was decided over snapshots, and which run made them: put aside until their rows are read from the store again.
  {
    name: 'kept_snapshot',
    rows: `select id, vault_id, run_id, held_at, held_by, hold_reason, deleted_at, deleted_by, undo_until, replaced_by from snapshot
      where held_at is not null or deleted_at is not null or run_id is not null`,
  },
]

/** What does not go along, and why: a test asks for every table of the hub. */
export const leftOutTables: Readonly<Record<string, string>> = {
  pack: 'read from the store',
  snapshot: 'read from the store; decisions over them are kept_snapshot',
  backup_session: 'sessions end',
  session_grant: 'sessions end',
  care: 'what was done; it is done again',
  damaged_path: 'comes again by checking',
  heal_request: 'devices are asked anew',
  version_look: 'comes again by looking',
  sign_in: 'people sign in again',
  sign_in_link: 'works once, and for minutes',
  sign_in_place: 'says where people signed in; comes again by signing in',
  failed_sign_in: 'comes again by failing',
  live_topic: 'for browsers that are open',
  live_event: 'for browsers that are open',
}
