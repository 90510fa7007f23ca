import type { Api, AuditEntry, OperationId } from '@holdfast/shared-types'
import type { MessageKey, NamedValues } from '../../platform/i18n/text.ts'

/** They only look, and say so by a body. */
type LookingCall =
  | 'previewDeletion'
  | 'previewRetention'
  | 'previewVersionLimit'
  | 'previewPurge'
  | 'locateSnapshotBlobs'
  | 'readSnapshotSegments'

/** Calls that the hub may put on record: those by which somebody changes something. Agents’ work on their own runs has a history of its own. */
type RecordedCall = {
  [K in OperationId]: Api[K]['method'] extends 'get' ? never : Api[K]['actor'] extends 'agent' ? never : K extends LookingCall ? never : K
}[OperationId]

/** Orders given on the hub's own machine (`holdfast-hub …`). */
export const recordedCommands = {
  'token.create': 'tokenCreate',
  'device.revoke': 'deviceRevoke',
  'sign-in-link.create': 'signInLinkCreate',
  'enrol-token.create': 'enrolTokenCreate',
  'hub.stop': 'hubStop',
  'vault-key.add': 'vaultKeyAdd',
  'vault.create': 'vaultCreate',
  'vault.slot-add': 'vaultSlotAdd',
  'vault.slot-remove': 'vaultSlotRemove',
  'vault.approve': 'vaultApprove',
  rebuild: 'rebuild',
  'self-backup.make': 'selfBackupMake',
  fsck: 'fsck',
  gc: 'gc',
  retention: 'retention',
  purge: 'purge',
} as const

/** What the hub does by itself, because somebody said so once. */
export const recordedRules = { retention: 'retention' } as const

export type RecordedCommand = keyof typeof recordedCommands

/** In the order of the filter. A call that is new in the contract is an error here until it has its sentences. */
const callOrder = {
  signIn: 1,
  signInWithLink: 2,
  signOut: 3,
  setCredentials: 4,
  endMySignIn: 5,
  endMyOtherSignIns: 6,
  createUser: 10,
  updateUser: 11,
  disableUser: 12,
  enableUser: 13,
  removeUser: 14,
  createSignInLink: 15,
  createMyToken: 20,
  revokeMyToken: 21,
  revokeToken: 22,
  createEnrolmentToken: 30,
  enrol: 31,
  updateDevice: 32,
  revokeDevice: 33,
  removeDevice: 34,
  startMeasurement: 35,
  cancelMeasurement: 36,
  createPlan: 40,
  updatePlan: 41,
  deletePlan: 42,
  acceptPlanSize: 43,
  applyPlanRetention: 44,
  approveRetention: 45,
  refuseRetention: 46,
  startPlanRun: 50,
  startRun: 51,
  pauseRun: 52,
  resumeRun: 53,
  cancelRun: 54,
  prepareZip: 55,
  deleteSnapshots: 56,
  undeleteSnapshots: 57,
  holdSnapshot: 58,
  releaseSnapshot: 59,
  testStore: 60,
  testDatabase: 61,
  startVaultCheck: 70,
  startCare: 74,
  exportRecoveryKey: 71,
  confirmRecoveryKey: 72,
  testRecoveryKey: 73,
  updateVault: 74,
  startCollection: 75,
  startPurge: 76,
  createVault: 77,
  addKeySlot: 78,
  removeKeySlot: 79,
  giveDeviceKeys: 80,
} as const satisfies Record<RecordedCall, number>

type KnownCall = keyof typeof callOrder

const commandPrefix = 'command:'
const rulePrefix = 'rule:'
const isCall = (action: string): action is KnownCall => Object.hasOwn(callOrder, action)
const commandOf = (action: string): RecordedCommand | null => {
  const name = action.startsWith(commandPrefix) ? action.slice(commandPrefix.length) : ''
  return Object.hasOwn(recordedCommands, name) ? (name as RecordedCommand) : null
}

const ruleOf = (action: string): keyof typeof recordedRules | null => {
  const name = action.startsWith(rulePrefix) ? action.slice(rulePrefix.length) : ''
  return Object.hasOwn(recordedRules, name) ? (name as keyof typeof recordedRules) : null
}

/** Every action that has a name here, for the filter. */
export const knownActions: readonly string[] = [
  ...(Object.keys(callOrder) as KnownCall[]).sort((a, b) => callOrder[a] - callOrder[b]),
  ...Object.keys(recordedCommands).map((name) => `${commandPrefix}${name}`),
  ...Object.keys(recordedRules).map((name) => `${rulePrefix}${name}`),
]

/** What the action is called; null: of a newer hub, and then its own name has to do. */
export function actionLabel(action: string): MessageKey | null {
  if (isCall(action)) return `audit.action.${action}.label`
  const [command, rule] = [commandOf(action), ruleOf(action)]
  if (rule !== null) return `audit.rule.${recordedRules[rule]}.label`
  return command === null ? null : `audit.command.${recordedCommands[command]}.label`
}

function doneSentence(action: string): MessageKey | null {
  if (isCall(action)) return `audit.action.${action}.done`
  const [command, rule] = [commandOf(action), ruleOf(action)]
  if (rule !== null) return `audit.rule.${recordedRules[rule]}.done`
  return command === null ? null : `audit.command.${recordedCommands[command]}.done`
}

// Where "was refused: sign in" would be a riddle.
const refusedSentences: { readonly [A in string]?: MessageKey } = {
  signIn: 'audit.refused.signIn',
  signInWithLink: 'audit.refused.signInWithLink',
  setCredentials: 'audit.refused.setCredentials',
  enrol: 'audit.refused.enrol',
}

export interface SentenceParts {
  readonly key: MessageKey
  readonly named: NamedValues
}

interface EntryNames {
  readonly actor: string
  readonly object: string | null
}

/**
 * An entry as a sentence: who did what to what. What was not done is told as such.
 *
 * @param label of the action in the reader's language
 */
export function sentenceOf(
  entry: Pick<AuditEntry, 'action' | 'outcome' | 'object'>,
  { actor, object }: EntryNames,
  label: string,
): SentenceParts {
  const named = { actor, object: object ?? '', action: label }
  const done = doneSentence(entry.action)
  if (entry.outcome !== 'done') {
    const special = entry.outcome === 'refused' ? refusedSentences[entry.action] : undefined
    if (special !== undefined && object !== null) return { key: special, named }
    return { key: object === null ? `audit.sentence.${entry.outcome}` : `audit.sentence.${entry.outcome}With`, named }
  }
  // A sentence about something needs its name; without one the plain form says no less.
  if (done === null || (object === null && needsObject.has(entry.action))) {
    return { key: object === null ? 'audit.sentence.done' : 'audit.sentence.doneWith', named }
  }
  return { key: done, named }
}

/** Actions whose sentence names what they were done to. */
const needsObject: ReadonlySet<string> = new Set<KnownCall | 'rule:retention'>([
  'createVault',
  'addKeySlot',
  'removeKeySlot',
  'giveDeviceKeys',
  'rule:retention',
  'signIn',
  'signInWithLink',
  'createUser',
  'updateUser',
  'disableUser',
  'enableUser',
  'removeUser',
  'createSignInLink',
  'createMyToken',
  'revokeMyToken',
  'revokeToken',
  'enrol',
  'updateDevice',
  'revokeDevice',
  'removeDevice',
  'startMeasurement',
  'createPlan',
  'updatePlan',
  'deletePlan',
  'acceptPlanSize',
  'applyPlanRetention',
  'approveRetention',
  'refuseRetention',
  'startPlanRun',
  'startRun',
  'pauseRun',
  'resumeRun',
  'cancelRun',
  'prepareZip',
  'holdSnapshot',
  'releaseSnapshot',
  'updateVault',
  'startCollection',
  'startPurge',
  'startVaultCheck',
  'startCare',
  'exportRecoveryKey',
  'confirmRecoveryKey',
  'testRecoveryKey',
])
