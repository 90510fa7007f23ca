import type { Api } from '@holdfast/shared-types'

/** The calls that the console makes. */
type ConsoleCall =
  | 'getSystem'
  | 'signInWithLink'
  | 'signIn'
  | 'signOut'
  | 'getMe'
  | 'setCredentials'
  | 'listMySignIns'
  | 'endMySignIn'
  | 'endMyOtherSignIns'
  | 'listMyTokens'
  | 'createMyToken'
  | 'revokeMyToken'
  | 'listTokens'
  | 'revokeToken'
  | 'listUsers'
  | 'createUser'
  | 'updateUser'
  | 'disableUser'
  | 'enableUser'
  | 'removeUser'
  | 'createSignInLink'
  | 'listAudit'
  | 'createEnrolmentToken'
  | 'listDevices'
  | 'getDevice'
  | 'updateDevice'
  | 'revokeDevice'
  | 'removeDevice'
  | 'getDeviceStatistics'
  | 'getStatistics'
  | 'listHostEntries'
  | 'startMeasurement'
  | 'getMeasurement'
  | 'cancelMeasurement'
  | 'listPlans'
  | 'createPlan'
  | 'getPlan'
  | 'updatePlan'
  | 'deletePlan'
  | 'acceptPlanSize'
  | 'startPlanRun'
  | 'previewRetention'
  | 'listKeptSnapshots'
  | 'applyPlanRetention'
  | 'listRetentionWaits'
  | 'approveRetention'
  | 'refuseRetention'
  | 'startRun'
  | 'listRuns'
  | 'getRun'
  | 'getRunLog'
  | 'getRunLogFile'
  | 'listRunEvents'
  | 'getRunCurve'
  | 'pauseRun'
  | 'resumeRun'
  | 'cancelRun'
  | 'listVaults'
  | 'getVault'
  | 'getVaultUsage'
  | 'startVaultCheck'
  | 'getVaultCare'
  | 'startCare'
  | 'previewPurge'
  | 'startPurge'
  | 'listPurges'
  | 'previewVersionLimit'
  | 'startCollection'
  | 'previewCollection'
  | 'listDamagedPaths'
  | 'updateVault'
  | 'exportRecoveryKey'
  | 'confirmRecoveryKey'
  | 'testRecoveryKey'
  | 'createVault'
  | 'getKeyObjects'
  | 'addKeySlot'
  | 'removeKeySlot'
  | 'listWaitingDevices'
  | 'giveDeviceKeys'
  | 'listSnapshots'
  | 'getSnapshot'
  | 'previewDeletion'
  | 'deleteSnapshots'
  | 'undeleteSnapshots'
  | 'holdSnapshot'
  | 'releaseSnapshot'
  | 'listEntries'
  | 'downloadFile'
  | 'prepareZip'
  | 'downloadZip'
  | 'getStoredSnapshot'
  | 'locateSnapshotBlobs'
  | 'readSnapshotSegments'
  | 'health'
  | 'testStore'
  | 'testDatabase'

/**
 * Method and path of each call, written out so that neither zod nor the contract's schemas reach the browser.
 * The compiler holds every row against the contract: another method or path there is an error here.
 */
export const hubCalls = {
  getSystem: { method: 'get', path: '/api/v1/system' },
  signInWithLink: { method: 'post', path: '/api/v1/sign-in/link' },
  signIn: { method: 'post', path: '/api/v1/sign-in' },
  signOut: { method: 'post', path: '/api/v1/sign-out' },
  getMe: { method: 'get', path: '/api/v1/me' },
  setCredentials: { method: 'put', path: '/api/v1/me/credentials' },
  listMySignIns: { method: 'get', path: '/api/v1/me/sign-ins' },
  endMySignIn: { method: 'delete', path: '/api/v1/me/sign-ins/{signInId}' },
  endMyOtherSignIns: { method: 'post', path: '/api/v1/me/sign-ins/end-others' },
  listMyTokens: { method: 'get', path: '/api/v1/me/tokens' },
  createMyToken: { method: 'post', path: '/api/v1/me/tokens' },
  revokeMyToken: { method: 'delete', path: '/api/v1/me/tokens/{tokenId}' },
  listTokens: { method: 'get', path: '/api/v1/tokens' },
  revokeToken: { method: 'delete', path: '/api/v1/tokens/{tokenId}' },
  listUsers: { method: 'get', path: '/api/v1/users' },
  createUser: { method: 'post', path: '/api/v1/users' },
  updateUser: { method: 'patch', path: '/api/v1/users/{userId}' },
  disableUser: { method: 'post', path: '/api/v1/users/{userId}/disable' },
  enableUser: { method: 'post', path: '/api/v1/users/{userId}/enable' },
  removeUser: { method: 'delete', path: '/api/v1/users/{userId}' },
  createSignInLink: { method: 'post', path: '/api/v1/users/{userId}/sign-in-link' },
  listAudit: { method: 'get', path: '/api/v1/audit' },
  createEnrolmentToken: { method: 'post', path: '/api/v1/enrolment-tokens' },
  listDevices: { method: 'get', path: '/api/v1/devices' },
  getDevice: { method: 'get', path: '/api/v1/devices/{agentId}' },
  updateDevice: { method: 'patch', path: '/api/v1/devices/{agentId}' },
  revokeDevice: { method: 'post', path: '/api/v1/devices/{agentId}/revoke' },
  removeDevice: { method: 'delete', path: '/api/v1/devices/{agentId}' },
  getDeviceStatistics: { method: 'get', path: '/api/v1/devices/{agentId}/statistics' },
  getStatistics: { method: 'get', path: '/api/v1/statistics' },
  listHostEntries: { method: 'get', path: '/api/v1/devices/{agentId}/host/entries' },
  startMeasurement: { method: 'post', path: '/api/v1/devices/{agentId}/host/measurements' },
  getMeasurement: { method: 'get', path: '/api/v1/devices/{agentId}/host/measurements/{measurementId}' },
  cancelMeasurement: { method: 'delete', path: '/api/v1/devices/{agentId}/host/measurements/{measurementId}' },
  listPlans: { method: 'get', path: '/api/v1/plans' },
  createPlan: { method: 'post', path: '/api/v1/plans' },
  getPlan: { method: 'get', path: '/api/v1/plans/{planId}' },
  updatePlan: { method: 'put', path: '/api/v1/plans/{planId}' },
  deletePlan: { method: 'delete', path: '/api/v1/plans/{planId}' },
  acceptPlanSize: { method: 'post', path: '/api/v1/plans/{planId}/accept-size' },
  startPlanRun: { method: 'post', path: '/api/v1/plans/{planId}/runs' },
  previewRetention: { method: 'post', path: '/api/v1/retention/preview' },
  listKeptSnapshots: { method: 'get', path: '/api/v1/retention/kept' },
  applyPlanRetention: { method: 'post', path: '/api/v1/plans/{planId}/retention/apply' },
  listRetentionWaits: { method: 'get', path: '/api/v1/retention/waits' },
  approveRetention: { method: 'post', path: '/api/v1/retention/waits/{waitId}/approve' },
  refuseRetention: { method: 'post', path: '/api/v1/retention/waits/{waitId}/refuse' },
  startRun: { method: 'post', path: '/api/v1/devices/{agentId}/runs' },
  listRuns: { method: 'get', path: '/api/v1/runs' },
  getRun: { method: 'get', path: '/api/v1/runs/{runId}' },
  getRunLog: { method: 'get', path: '/api/v1/runs/{runId}/log' },
  getRunLogFile: { method: 'get', path: '/api/v1/runs/{runId}/log/file' },
  listRunEvents: { method: 'get', path: '/api/v1/runs/{runId}/events' },
  getRunCurve: { method: 'get', path: '/api/v1/runs/{runId}/curve' },
  pauseRun: { method: 'post', path: '/api/v1/runs/{runId}/pause' },
  resumeRun: { method: 'post', path: '/api/v1/runs/{runId}/resume' },
  cancelRun: { method: 'post', path: '/api/v1/runs/{runId}/cancel' },
  listVaults: { method: 'get', path: '/api/v1/vaults' },
  getVault: { method: 'get', path: '/api/v1/vaults/{vaultId}' },
  getVaultUsage: { method: 'get', path: '/api/v1/vaults/{vaultId}/usage' },
  startVaultCheck: { method: 'post', path: '/api/v1/vaults/{vaultId}/check' },
  getVaultCare: { method: 'get', path: '/api/v1/vaults/{vaultId}/care' },
  previewPurge: { method: 'post', path: '/api/v1/vaults/{vaultId}/purges/preview' },
  startPurge: { method: 'post', path: '/api/v1/vaults/{vaultId}/purges' },
  listPurges: { method: 'get', path: '/api/v1/vaults/{vaultId}/purges' },
  previewVersionLimit: { method: 'post', path: '/api/v1/retention/versions/preview' },
  startCollection: { method: 'post', path: '/api/v1/vaults/{vaultId}/collection' },
  previewCollection: { method: 'get', path: '/api/v1/vaults/{vaultId}/collection-preview' },
  startCare: { method: 'post', path: '/api/v1/vaults/{vaultId}/care/{kind}' },
  listDamagedPaths: { method: 'get', path: '/api/v1/vaults/{vaultId}/damaged-paths' },
  updateVault: { method: 'patch', path: '/api/v1/vaults/{vaultId}' },
  exportRecoveryKey: { method: 'post', path: '/api/v1/vaults/{vaultId}/recovery-key/export' },
  confirmRecoveryKey: { method: 'post', path: '/api/v1/vaults/{vaultId}/recovery-key/confirm' },
  testRecoveryKey: { method: 'post', path: '/api/v1/vaults/{vaultId}/recovery-key/test' },
  createVault: { method: 'post', path: '/api/v1/vaults' },
  getKeyObjects: { method: 'get', path: '/api/v1/vaults/{vaultId}/key-objects' },
  addKeySlot: { method: 'post', path: '/api/v1/vaults/{vaultId}/key-slots' },
  removeKeySlot: { method: 'post', path: '/api/v1/vaults/{vaultId}/key-slots/{slotId}/remove' },
  listWaitingDevices: { method: 'get', path: '/api/v1/vaults/{vaultId}/waiting-devices' },
  giveDeviceKeys: { method: 'put', path: '/api/v1/vaults/{vaultId}/devices/{agentId}/keys' },
  listSnapshots: { method: 'get', path: '/api/v1/snapshots' },
  getSnapshot: { method: 'get', path: '/api/v1/snapshots/{snapshot}' },
  previewDeletion: { method: 'post', path: '/api/v1/snapshots/deletion-preview' },
  deleteSnapshots: { method: 'post', path: '/api/v1/snapshots/delete' },
  undeleteSnapshots: { method: 'post', path: '/api/v1/snapshots/undelete' },
  holdSnapshot: { method: 'put', path: '/api/v1/snapshots/{snapshotId}/hold' },
  releaseSnapshot: { method: 'delete', path: '/api/v1/snapshots/{snapshotId}/hold' },
  listEntries: { method: 'get', path: '/api/v1/snapshots/{snapshotId}/entries' },
  downloadFile: { method: 'get', path: '/api/v1/snapshots/{snapshotId}/file' },
  prepareZip: { method: 'post', path: '/api/v1/snapshots/{snapshotId}/zip-tickets' },
  downloadZip: { method: 'get', path: '/api/v1/snapshots/{snapshotId}/zip' },
  getStoredSnapshot: { method: 'get', path: '/api/v1/snapshots/{snapshotId}/object' },
  locateSnapshotBlobs: { method: 'post', path: '/api/v1/snapshots/{snapshotId}/locate' },
  readSnapshotSegments: { method: 'post', path: '/api/v1/snapshots/{snapshotId}/segments' },
  health: { method: 'get', path: '/health' },
  testStore: { method: 'post', path: '/api/v1/system/test-store' },
  testDatabase: { method: 'post', path: '/api/v1/system/test-database' },
} as const satisfies { readonly [K in ConsoleCall]: Readonly<Pick<Api[K], 'method' | 'path'>> }

export type HubCall = keyof typeof hubCalls
