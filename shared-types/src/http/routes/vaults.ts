import { z } from 'zod'
import {
  CollectionPreview,
  RecoveryKeyProblem,
  UndoDays,
  Vault,
  VaultCheck,
  VaultCollection,
  VaultDetails,
  VaultUsage,
} from '../../model/vault.ts'
import { CareKind, DamagedPath, VaultCare } from '../../model/vault-care.ts'
import { VaultId } from '../../primitives/ids.ts'
import { Count, TimeMs } from '../../primitives/wire-path.ts'
import { route, type RouteContract } from '../route.ts'
import { Limit, list, page, v1 } from './parts.ts'
import { SlotId } from './vault-keys.ts'

const oneVault = `${v1}/vaults/{vaultId}`
const recoveryKey = `${oneVault}/recovery-key`
const ofVault = z.object({ vaultId: VaultId })

export const vaultsRoutes = {
  listVaults: route({ method: 'get', path: `${v1}/vaults`, summary: 'Vaults', tag: 'Vaults', actor: 'user', response: list(Vault) }),

  getVault: route({
    method: 'get',
    path: oneVault,
    summary: 'A vault with its store, its recovery key and its last check',
    tag: 'Vaults',
    actor: 'user',
    params: ofVault,
    response: VaultDetails,
  }),

  getVaultUsage: route({
    method: 'get',
    path: `${oneVault}/usage`,
    summary: 'What a vault holds, and what that takes',
    tag: 'Vaults',
    actor: 'user',
    params: ofVault,
    response: VaultUsage,
  }),

  startVaultCheck: route({
    method: 'post',
    path: `${oneVault}/check`,
    summary: 'Check in the background that everything in a vault is there; one that runs already is answered as it is',
    tag: 'Vaults',
    actor: 'user',
    params: ofVault,
    body: z.strictObject({}),
    response: VaultCheck,
  }),

  updateVault: route({
    method: 'patch',
    path: oneVault,
    summary: 'Change how long deleted snapshots can be had back; those deleted already keep their time',
    tag: 'Vaults',
    actor: 'user',
    params: ofVault,
    body: z.strictObject({ undoDays: UndoDays }),
    response: VaultDetails,
  }),

  startCollection: route({
    method: 'post',
    path: `${oneVault}/collection`,
    summary: 'Remove in the background what no snapshot needs any more; one that runs already is answered as it is',
    tag: 'Vaults',
    actor: 'user',
    params: ofVault,
    /** `isLargeApproved`: also where it removes more than a fifth of the vault. */
    body: z.strictObject({ isLargeApproved: z.boolean().default(false) }),
    response: VaultCollection,
  }),

  previewCollection: route({
    method: 'get',
    path: `${oneVault}/collection-preview`,
    summary: 'What a collection would remove now; nothing is changed',
    tag: 'Vaults',
    actor: 'user',
    params: ofVault,
    response: CollectionPreview,
  }),

  getVaultCare: route({
    method: 'get',
    path: `${oneVault}/care`,
    summary: 'How a vault is looked after, and what of it is damaged',
    tag: 'Vaults',
    actor: 'user',
    params: ofVault,
    response: VaultCare,
  }),

  startCare: route({
    method: 'post',
    path: `${oneVault}/care/{kind}`,
    summary: 'Do now what would be done by the clock; one that runs already goes on',
    tag: 'Vaults',
    actor: 'user',
    params: ofVault.extend({ kind: CareKind }),
    body: z.strictObject({}),
    response: VaultCare,
  }),

  listDamagedPaths: route({
    method: 'get',
    path: `${oneVault}/damaged-paths`,
    summary: 'Files and folders of snapshots that cannot be restored as long as nobody sends them again',
    tag: 'Vaults',
    actor: 'user',
    params: ofVault,
    query: z.object({ after: z.coerce.number().int().min(0).default(0), limit: Limit.default(100) }),
    response: page(DamagedPath),
  }),

  exportRecoveryKey: route({
    method: 'post',
    path: `${recoveryKey}/export`,
    summary: 'Make 24 words that open a vault without the hub; shown in this answer only, and opening it from then on',
    tag: 'Vaults',
    actor: 'user',
    params: ofVault,
    /** `currentPassword`: of the account that asks, unless it has none. */
    body: z.strictObject({ currentPassword: z.string().max(1024).optional() }),
    response: z.object({ slotId: SlotId, words: z.array(z.string()).length(24), createdAtMs: TimeMs }),
    status: 201,
  }),

  confirmRecoveryKey: route({
    method: 'post',
    path: `${recoveryKey}/confirm`,
    summary: 'Say that exported words are kept in a safe place: the vault counts as having a recovery key',
    tag: 'Vaults',
    actor: 'user',
    params: ofVault,
    body: z.strictObject({ slotId: SlotId }),
    response: VaultDetails,
  }),

  testRecoveryKey: route({
    method: 'post',
    path: `${recoveryKey}/test`,
    summary: 'Try whether recovery words open a vault; they are not kept. If they do, the vault counts as having a recovery key',
    tag: 'Vaults',
    actor: 'user',
    params: ofVault,
    /** The words as they were kept: numbers, line ends and other text around them do not matter. */
    body: z.strictObject({ words: z.string().max(20_000) }),
    response: z.object({
      opens: z.boolean(),
      /** Null when they open it. */
      problem: RecoveryKeyProblem.nullable(),
      /** Words found in a row. */
      wordCount: Count,
      /** Which of them, from 1, are not of the list. */
      unknownWords: z.array(z.int().min(1)).max(24),
    }),
  }),
} as const satisfies Record<string, RouteContract>
