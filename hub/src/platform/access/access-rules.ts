import type {
  AgentReportType,
  AgentRequestType,
  Api,
  LiveEventType,
  OperationId,
  RouteActor,
  subscribeEvent,
  TokenScope,
  unsubscribeEvent,
  UserRole,
} from '@holdfast/shared-types'

/** Who may. What is left out may not. */
export interface AccessRule {
  /** Anybody, without a proof of who they are. */
  readonly isOpen?: true
  /** The least role of a person who is signed in. */
  readonly person?: UserRole
  /** The least scope of an API token; its owner needs the role of `person` besides. */
  readonly token?: TokenScope
  /** An agent, for what is its own. */
  readonly agent?: true
}

/** How a call counts against the limits of requests (platform/limits); `none`: bulk data of agents, and what watches the hub. */
export type LimitClass = 'general' | 'sign-in' | 'enrolment' | 'none'

export interface RestRule extends AccessRule {
  /** Changes something, or is to be found afterwards: one line of the audit log for each call. */
  readonly isAudited?: true
  /** `general` unless said. */
  readonly limit?: LimitClass
}

const open = { isOpen: true } as const
const watched = { ...open, limit: 'none' } as const
const signingIn = { ...open, limit: 'sign-in', isAudited: true } as const
/** What everybody with an account may see. */
const sees = { person: 'viewer', token: 'read' } as const
/** The same, and a device sees its own. */
const seesOrOwn = { ...sees, agent: true } as const
const operates = { person: 'operator', token: 'run', agent: true, isAudited: true } as const
/** Bulk data for a browser that opens it by itself, and for the commands of a device: as much as the files in it take. */
const readsSealed = { ...seesOrOwn, limit: 'none' } as const
/** Plans are people's: a program that may only start runs must not be able to empty one. */
const arranges = { person: 'operator', token: 'admin', isAudited: true } as const
/** What lies on a device, backed up or not, is for those who may back it up. */
const looksIntoDevices = { person: 'operator', token: 'admin' } as const
const administersToSee = { person: 'admin', token: 'admin' } as const
const administers = { ...administersToSee, isAudited: true } as const
/** Words that open a vault are for people's eyes: no program gets, or guesses, them. */
const handlesKeys = { person: 'admin', isAudited: true, limit: 'sign-in' } as const
/** What a person does about themselves; never a program in their name, which could make its access last. */
const aboutOneself = { person: 'viewer' } as const
const changesOneself = { ...aboutOneself, isAudited: true } as const
/** An agent's work on its own runs: the run's own history tells of it, and its amount is that of the backups. */
const agentData = { agent: true, limit: 'none' } as const

/** A rule that lets in exactly the kinds of callers that the contract of a call names. */
type RuleFor<A extends RouteActor> = A extends 'none'
  ? { readonly isOpen: true }
  : A extends 'user'
    ? { readonly person: UserRole; readonly agent?: never; readonly isOpen?: never }
    : A extends 'agent'
      ? { readonly agent: true; readonly person?: never; readonly token?: never; readonly isOpen?: never }
      : { readonly person: UserRole; readonly agent: true; readonly isOpen?: never }

/** Every call of the API. */
export const restRules = {
  healthLive: watched,
  healthReady: watched,
  health: watched,
  getSystem: sees,
  testStore: administers,
  testDatabase: administers,

  signInWithLink: signingIn,
  signIn: signingIn,
  signOut: changesOneself,
  getMe: sees,
  setCredentials: { ...changesOneself, limit: 'sign-in' },
  listMySignIns: aboutOneself,
  endMySignIn: changesOneself,
  endMyOtherSignIns: changesOneself,

  listMyTokens: aboutOneself,
  createMyToken: changesOneself,
  revokeMyToken: changesOneself,
  listTokens: administersToSee,
  revokeToken: administers,

  listUsers: administersToSee,
  createUser: administers,
  updateUser: administers,
  disableUser: administers,
  enableUser: administers,
  removeUser: administers,
  createSignInLink: administers,

  listAudit: administersToSee,

  createEnrolmentToken: administers,
  enrol: { ...open, limit: 'enrolment', isAudited: true },
  listDevices: seesOrOwn,
  getDevice: seesOrOwn,
  updateDevice: arranges,
  revokeDevice: administers,
  removeDevice: administers,

  listHostEntries: looksIntoDevices,
  startMeasurement: { ...looksIntoDevices, isAudited: true },
  getMeasurement: looksIntoDevices,
  cancelMeasurement: { ...looksIntoDevices, isAudited: true },
  getDeviceStatistics: seesOrOwn,
  getStatistics: sees,

  listPlans: seesOrOwn,
  getPlan: seesOrOwn,
  createPlan: arranges,
  updatePlan: arranges,
  deletePlan: arranges,
  previewRetention: sees,
  previewVersionLimit: sees,
  listKeptSnapshots: sees,
  applyPlanRetention: arranges,
  listRetentionWaits: sees,
  approveRetention: administers,
  refuseRetention: arranges,
  acceptPlanSize: arranges,
  startPlanRun: operates,

  startRun: operates,
  cancelRun: operates,
  pauseRun: operates,
  resumeRun: operates,
  listRuns: seesOrOwn,
  getRun: seesOrOwn,
  getRunLog: seesOrOwn,
  getRunLogFile: seesOrOwn,
  listRunEvents: seesOrOwn,
  getRunCurve: seesOrOwn,

  listVaults: sees,
  getVault: sees,
  getVaultUsage: sees,
  startVaultCheck: administers,
  updateVault: administers,
  startCollection: administers,
  previewCollection: administersToSee,
  getVaultCare: sees,
  startCare: administers,
  listDamagedPaths: sees,
  previewPurge: administersToSee,
  startPurge: administers,
  listPurges: sees,
  getPurge: sees,
  exportRecoveryKey: handlesKeys,
  confirmRecoveryKey: handlesKeys,
  testRecoveryKey: handlesKeys,
  createVault: handlesKeys,
  getKeyObjects: sees,
  addKeySlot: handlesKeys,
  removeKeySlot: handlesKeys,
  listWaitingDevices: administersToSee,
  giveDeviceKeys: handlesKeys,
  listSnapshots: seesOrOwn,
  getSnapshot: seesOrOwn,
  previewDeletion: administersToSee,
  deleteSnapshots: administers,
  undeleteSnapshots: arranges,
  holdSnapshot: arranges,
  releaseSnapshot: administers,
  listEntries: seesOrOwn,
  downloadFile: seesOrOwn,
  prepareZip: seesOrOwn,
  /** Changes nothing, but takes much out at once: who did so is to be found. */
  downloadZip: { ...seesOrOwn, isAudited: true },
  getStoredSnapshot: readsSealed,
  locateSnapshotBlobs: readsSealed,
  readSnapshotSegments: readsSealed,

  putPack: agentData,
  commitSession: agentData,
  getSnapshotObject: agentData,
  getSnapshotSigner: agentData,
  locateBlobs: agentData,
  readSegments: agentData,
} as const satisfies { readonly [K in OperationId]: RestRule & RuleFor<Api[K]['actor']> }

/** What a call needs beyond its own line when it is asked for this; its use case finds out, and asks the table. */
export type OrderKind = 'restoreToAnotherDevice' | 'nameDevice' | 'letYoungSnapshotsGo' | 'keepLess'
export const orderRules = {
  /** Brings one device's files, with all rights, to any place of another: more than a program that starts runs is to have. */
  restoreToAnotherDevice: { person: 'operator', token: 'admin' },
  /** Its name and tags, by which people find it; what it may use of its machine is for those who run its backups. */
  nameDevice: administersToSee,
  /** Rules by which snapshots of the last week go: as deleting them by hand. */
  letYoungSnapshotsGo: administersToSee,
  /** Rules of a plan that there is, by which snapshots go that it kept so far: as deleting them by hand. */
  keepLess: administersToSee,
} as const satisfies { readonly [K in OrderKind]: AccessRule }

/** What a browser, or a program, asks on the live connection; `connect` is the handshake. */
export type UiRequest = 'connect' | typeof subscribeEvent | typeof unsubscribeEvent
export const uiRequestRules = {
  connect: sees,
  subscribe: sees,
  unsubscribe: sees,
} as const satisfies { readonly [K in UiRequest]: AccessRule }

/** What may be listened to, by the word before the colon. */
export type TopicKind = 'devices' | 'plans' | 'runs' | 'run' | 'snapshots' | 'measurement'
export const topicRules = {
  devices: sees,
  plans: sees,
  runs: sees,
  run: sees,
  snapshots: sees,
  /** And only for who asked for it. */
  measurement: looksIntoDevices,
} as const satisfies { readonly [K in TopicKind]: AccessRule }

/** What the hub tells on the live connection. */
export const liveEventRules = {
  'device.changed': sees,
  'device.removed': sees,
  'plan.changed': sees,
  'plan.removed': sees,
  'retention.changed': sees,
  'purge.changed': sees,
  'run.changed': sees,
  'run.log': sees,
  'run.progress': sees,
  'snapshots.changed': sees,
  'measurement.changed': looksIntoDevices,
} as const satisfies { readonly [K in LiveEventType]: AccessRule }

/** Whose things a message of an agent may be about; another agent's are not found. */
export interface AgentMessageRule {
  readonly agent: 'own-run' | 'own-session' | 'own-measurement'
}
export const agentMessageRules = {
  'run.progress': { agent: 'own-run' },
  'run.log': { agent: 'own-run' },
  'run.finished': { agent: 'own-run' },
  'session.open': { agent: 'own-run' },
  'session.have': { agent: 'own-session' },
  'vault.unseal': { agent: 'own-run' },
  'host.measured': { agent: 'own-measurement' },
} as const satisfies { readonly [K in AgentReportType | AgentRequestType]: AgentMessageRule }
