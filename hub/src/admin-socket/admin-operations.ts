import {
  api,
  ApiToken,
  Device,
  ExclusionPattern,
  HubId,
  Purge,
  PurgePreview,
  TimeMs,
  TokenScope,
  Vault,
  VaultCollection,
  VaultId,
} from '@holdfast/shared-types'
import { z } from 'zod'

interface OperationContract {
  readonly input: z.ZodType
  readonly output: z.ZodType
}

const operation = <const O extends OperationContract>(contract: O): O => contract
const Nothing = z.strictObject({})

export const HubStatus = z.object({
  pid: z.int(),
  hubId: HubId,
  /** Where people and agents reach it. */
  url: z.string(),
  startedAtMs: TimeMs,
  version: z.string(),
  database: z.enum(['embedded', 'external']),
  /** True while no administrator has a password. */
  firstRun: z.boolean(),
  /** Vaults whose only key lies on the same disk as their data. */
  vaultsWithoutRecoveryKey: z.array(VaultId),
})
export type HubStatus = z.infer<typeof HubStatus>

export const EnrolmentToken = z.object({ token: z.string(), expiresAtMs: TimeMs, hubUrl: z.string(), command: z.string() })
export type EnrolmentToken = z.infer<typeof EnrolmentToken>

export const FsckReport = z.object({
  ok: z.boolean(),
  problems: z.array(z.object({ code: z.string(), object: z.string().optional(), message: z.string() })),
  counts: z.record(z.string(), z.number()),
})
export type FsckReport = z.infer<typeof FsckReport>

export const StoredSelfBackup = z.object({
  id: z.string(),
  createdAtMs: TimeMs,
  parts: z.int().min(0),
  sizeBytes: z.int().min(0),
  /** False: a hub was ended before it was through. It restores nothing. */
  isWhole: z.boolean(),
  isReadable: z.boolean(),
})
export type StoredSelfBackup = z.infer<typeof StoredSelfBackup>

const PurgeInput = z.strictObject({
  vaultId: VaultId.nullable(),
  devices: z.array(z.string().min(1).max(200)).max(1000).nullable(),
  paths: z.array(z.string().min(1).max(32_768)).max(1000),
  patterns: z.array(ExclusionPattern).max(1000),
})

const ObjectKey = z.string().min(1).max(1024)

/** What an administrator may ask of a hub on its own machine. */
export const adminOperations = {
  status: operation({ input: Nothing, output: HubStatus }),
  stop: operation({ input: Nothing, output: z.object({ pid: z.int() }) }),
  /** `vault`: its id or name; null = the default one. */
  'enrol-token': operation({
    input: z.strictObject({ name: z.string().min(1).max(120).optional(), vault: z.string().min(1).max(200).nullable().default(null) }),
    output: EnrolmentToken,
  }),
  /** A fresh one-time address that signs somebody in, also who has a password and lost it; without an e-mail address the administrator. */
  'sign-in-link': operation({ input: z.strictObject({ email: z.string().max(320).optional() }), output: z.object({ url: z.string() }) }),
  /** An API token of an account; shown in this answer only. */
  token: operation({
    input: z.strictObject({
      email: z.string().min(1).max(320),
      name: z.string().trim().min(1).max(120),
      scope: TokenScope,
      expiresInDays: z.int().min(1).max(3650).nullable(),
    }),
    output: z.object({ token: z.string(), apiToken: ApiToken }),
  }),
  /** Cuts a device off for good, by its name or id. */
  'device-revoke': operation({ input: z.strictObject({ device: z.string().min(1).max(200) }), output: Device }),
  /** Removes what no snapshot of a vault needs any more. `givesUp`: keys of objects that cannot be read, which go for good with it. */
  gc: operation({
    input: z.strictObject({ vaultId: VaultId.nullable(), isLargeApproved: z.boolean(), givesUp: z.array(ObjectKey).max(1000).default([]) }),
    output: VaultCollection,
  }),
  /** Words that may open a vault; nothing is stored yet. Null = the default vault, else its id or name. */
  'vault-key-make': operation({
    input: z.strictObject({ vault: z.string().min(1).max(200).nullable() }),
    output: z.object({ vaultId: VaultId, name: z.string(), words: z.array(z.string()) }),
  }),
  /** Has the vault open with words from now on that are kept already. */
  'vault-key-add': operation({
    input: z.strictObject({ vaultId: VaultId, words: z.array(z.string().max(20)).length(24) }),
    output: z.object({ slotId: z.string() }),
  }),
  /** What would leave all snapshots; `devices`: ids or names, null = all. */
  'purge-preview': operation({ input: PurgeInput, output: PurgePreview }),
  /** Takes paths out of all snapshots, and answers when it is through or waits for an undo time. */
  purge: operation({ input: PurgeInput.extend({ keepsUndo: z.boolean() }), output: Purge }),
  'purge-list': operation({ input: z.strictObject({ vaultId: VaultId.nullable() }), output: z.object({ items: z.array(Purge) }) }),
  /** A private vault that was made by who asks; as `createVault` of the API. */
  'vault-take-on': operation({ input: api.createVault.body.omit({ currentPassword: true }), output: Vault }),
  /** What it takes to open a private vault, and who waits for its keys. @see api.getKeyObjects */
  'vault-key-objects': operation({
    input: z.strictObject({ vault: z.string().min(1).max(200) }),
    output: api.getKeyObjects.response.extend({
      vaultId: VaultId,
      waiting: api.listWaitingDevices.response.shape.items,
    }),
  }),
  'vault-slot-add': operation({
    input: api.addKeySlot.body.omit({ currentPassword: true }).extend({ vaultId: VaultId }),
    output: z.object({}),
  }),
  'vault-slot-remove': operation({ input: z.strictObject(api.removeKeySlot.params.shape), output: z.object({}) }),
  /** Lets a waiting device in. */
  'vault-approve': operation({ input: api.giveDeviceKeys.body.extend(api.giveDeviceKeys.params.shape), output: Device }),
  /** Applies the rules of all plans now, instead of with the next day. */
  retention: operation({
    input: z.strictObject({}),
    output: z.object({ deleted: z.int().min(0), rewritten: z.int().min(0), waiting: z.int().min(0), failedPlans: z.int().min(0) }),
  }),
  /** Writes down what nothing but the database knows, into the default vault. */
  'self-backup': operation({ input: Nothing, output: StoredSelfBackup }),
  /** Newest first, unfinished ones included. */
  'self-backup-list': operation({ input: Nothing, output: z.object({ items: z.array(StoredSelfBackup) }) }),
  fsck: operation({ input: z.strictObject({ vaultId: VaultId.nullable(), deep: z.boolean() }), output: FsckReport }),
} as const satisfies Record<string, OperationContract>

type Operations = typeof adminOperations
export type AdminOperation = keyof Operations
export type AdminInput<O extends AdminOperation> = z.output<Operations[O]['input']>
export type AdminOutput<O extends AdminOperation> = z.output<Operations[O]['output']>
/** One function per operation; a missing one does not compile. */
export type AdminHandlers = { readonly [O in AdminOperation]: (input: AdminInput<O>) => Promise<AdminOutput<O>> }

export const isAdminOperation = (name: string): name is AdminOperation => Object.hasOwn(adminOperations, name)
