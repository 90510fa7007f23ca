import type { Api } from '@holdfast/shared-types'

/** The calls that the console makes. */
type ConsoleCall =
  | 'getSystem'
  | 'signInWithLink'
  | 'signIn'
  | 'signOut'
  | 'getMe'
  | 'setCredentials'
  | 'createEnrolmentToken'
  | 'listDevices'
  | 'getDevice'
  | 'startRun'
  | 'listRuns'
  | 'getRun'
  | 'getRunLog'
  | 'cancelRun'
  | 'pauseRun'
  | 'resumeRun'
  | 'listVaults'
  | 'listSnapshots'
  | 'getSnapshot'
  | 'listEntries'
  | 'downloadFile'

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
  createEnrolmentToken: { method: 'post', path: '/api/v1/enrolment-tokens' },
  listDevices: { method: 'get', path: '/api/v1/devices' },
  getDevice: { method: 'get', path: '/api/v1/devices/{agentId}' },
  startRun: { method: 'post', path: '/api/v1/devices/{agentId}/runs' },
  listRuns: { method: 'get', path: '/api/v1/runs' },
  getRun: { method: 'get', path: '/api/v1/runs/{runId}' },
  getRunLog: { method: 'get', path: '/api/v1/runs/{runId}/log' },
  pauseRun: { method: 'post', path: '/api/v1/runs/{runId}/pause' },
  resumeRun: { method: 'post', path: '/api/v1/runs/{runId}/resume' },
  cancelRun: { method: 'post', path: '/api/v1/runs/{runId}/cancel' },
  listVaults: { method: 'get', path: '/api/v1/vaults' },
  listSnapshots: { method: 'get', path: '/api/v1/snapshots' },
  getSnapshot: { method: 'get', path: '/api/v1/snapshots/{snapshot}' },
  listEntries: { method: 'get', path: '/api/v1/snapshots/{snapshotId}/entries' },
  downloadFile: { method: 'get', path: '/api/v1/snapshots/{snapshotId}/file' },
} as const satisfies { readonly [K in ConsoleCall]: Readonly<Pick<Api[K], 'method' | 'path'>> }

export type HubCall = keyof typeof hubCalls
