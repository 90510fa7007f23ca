import type { AgentId, RestoreSelection, Snapshot, SnapshotEntry, SnapshotId, Vault, VaultId } from '@holdfast/shared-types'

/** A snapshot as the hub lists it: it is opened only if the device signed it that the hub says it is of. */
export interface ListedSnapshot {
  readonly snapshotId: SnapshotId
  readonly agentId: AgentId
}

/** Whose a snapshot is and of when, as its device signed it: times by that device's clock. Host and plan as they were called then. */
export interface SignedOrigin {
  readonly host: string
  /** Null: of no plan. */
  readonly plan: string | null
  readonly startedAtMs: number
  readonly finishedAtMs: number
  /** Counts the device's snapshots from 1. */
  readonly seq: number
}

/** A path as the page has it: `raw` where text is not the whole truth. */
export interface AskedPath {
  readonly text: string
  readonly raw: Uint8Array | null
}

export interface ListedFolder {
  /** Null for the top. */
  readonly folder: SnapshotEntry | null
  readonly items: readonly SnapshotEntry[]
  /** Entries in the folder. */
  readonly total: number
}

/** `names`: raw names of the folder's entries; null = the folder itself. */
export type DownloadChoice =
  | { readonly kind: 'file'; readonly path: AskedPath }
  | { readonly kind: 'zip'; readonly path: AskedPath; readonly names: readonly Uint8Array[] | null; readonly withDeleted: boolean }

/** A device that waits for the vault's keys, as the hub offers it. Keys and signature base64url. */
export interface OfferedDevice {
  readonly agentId: AgentId
  readonly signPublicKey: string
  readonly boxPublicKey: string
  readonly boxSignature: string
  readonly enrolledAtMs: number
}

type Call<Ask, Answer> = { readonly ask: Ask; readonly answer: Answer }

/** What the page asks of the room that holds a vault's keys. No answer is a key; words are shown once, for a person to keep. */
export interface RoomCalls {
  /** Makes keys and words that lie here alone until they are stored. */
  readonly draft: Call<
    { readonly passphrase: string },
    { readonly vaultId: VaultId; readonly words: readonly string[]; readonly fingerprint: string }
  >
  /** Stores what was drafted: the vault is there, and unlocked. */
  readonly create: Call<{ readonly name: string; readonly currentPassword: string | undefined }, Vault>
  readonly unlock: Call<{ readonly vaultId: VaultId; readonly secret: string }, { readonly fingerprint: string }>
  readonly list: Call<ListedSnapshot & { readonly path: AskedPath; readonly after: number; readonly limit: number }, ListedFolder>
  /** What the snapshot says of itself, signed by its device. */
  readonly describe: Call<
    ListedSnapshot,
    Pick<Snapshot, 'status' | 'roots' | 'files' | 'folders' | 'bytes' | 'errors'> & { readonly origin: SignedOrigin }
  >
  /** The first bytes of a file. */
  readonly readStart: Call<ListedSnapshot & { readonly path: AskedPath; readonly mostBytes: number }, Uint8Array<ArrayBuffer>>
  /** Sends a download through the port, and ends when all of it was taken. */
  readonly download: Call<ListedSnapshot & { readonly choice: DownloadChoice; readonly port: MessagePort }, { readonly bytes: number }>
  /** Size of a file; null for what is not known before the end. */
  readonly downloadSize: Call<ListedSnapshot & { readonly choice: DownloadChoice }, { readonly sizeBytes: number | null }>
  /** What a person compares: computed here from the keys that would be let in. */
  readonly deviceFingerprint: Call<{ readonly device: OfferedDevice }, { readonly fingerprint: string }>
  /** Lets in those keys alone that give the fingerprint somebody compared. */
  readonly approveDevice: Call<{ readonly device: OfferedDevice; readonly fingerprint: string }, null>
  readonly addPassphrase: Call<{ readonly passphrase: string; readonly currentPassword: string | undefined }, { readonly slotId: string }>
  /** Words that open nothing until they are kept. */
  readonly draftWords: Call<Record<string, never>, { readonly words: readonly string[] }>
  readonly keepWords: Call<{ readonly currentPassword: string | undefined }, { readonly slotId: string }>
  /** All of an order, as a person gave it: nobody but the device reads what was chosen, and it carries out nothing else. */
  readonly sealRestore: Call<{ readonly agentId: AgentId; readonly restore: RestoreSelection }, { readonly sealedSelection: string }>
}

export type RoomCall = keyof RoomCalls
export type AskOf<K extends RoomCall> = RoomCalls[K]['ask']
export type AnswerOf<K extends RoomCall> = RoomCalls[K]['answer']

/** Page → room. */
export type ToRoom =
  | { [K in RoomCall]: { readonly kind: 'call'; readonly id: number; readonly call: K; readonly ask: AskOf<K> } }[RoomCall]
  | { readonly kind: 'abort'; readonly id: number }

/** What went wrong, as plain values: errors do not travel. */
export interface RoomProblem {
  readonly code: string
  readonly message: string
  readonly cure: string
  readonly status: number
}

/** Room → page. */
export type FromRoom =
  | { readonly kind: 'answer'; readonly id: number; readonly answer: unknown }
  | { readonly kind: 'problem'; readonly id: number; readonly problem: RoomProblem }
  | { readonly kind: 'progress'; readonly id: number; readonly bytes: number }
