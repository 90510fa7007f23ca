import type { RouteLocationRaw } from 'vue-router'

/** Names of all pages: features link to each other's pages by name, without knowing each other's code. */
export type PageName =
  | 'sign-in'
  | 'overview'
  | 'devices'
  | 'device'
  | 'plans'
  | 'plan'
  | 'plan-new'
  | 'plan-edit'
  | 'runs'
  | 'run'
  | 'snapshots'
  | 'snapshot-folder'
  | 'vaults'
  | 'vault'
  | 'people'
  | 'tokens'
  | 'audit'
  | 'settings'
  | 'design'
  | 'not-found'

const to = (name: PageName, rest: { params?: Record<string, string | string[]>; query?: Record<string, string> } = {}) =>
  ({ name, ...rest }) satisfies RouteLocationRaw

export const pageLinks = {
  signIn: (returnTo?: string) => to('sign-in', returnTo === undefined ? {} : { query: { returnTo } }),
  overview: () => to('overview'),
  devices: () => to('devices'),
  device: (agentId: string) => to('device', { params: { agentId } }),
  plans: () => to('plans'),
  plan: (planId: string) => to('plan', { params: { planId } }),
  /** For a device where one is named. */
  newPlan: (agentId?: string) => to('plan-new', agentId === undefined ? {} : { query: { device: agentId } }),
  /** A new one that begins as another is. */
  duplicatePlan: (planId: string) => to('plan-new', { query: { from: planId } }),
  editPlan: (planId: string) => to('plan-edit', { params: { planId } }),
  runs: (query: Record<string, string> = {}) => to('runs', { query }),
  run: (runId: string) => to('run', { params: { runId } }),
  snapshots: (query: Record<string, string> = {}) => to('snapshots', { query }),
  deletedSnapshots: () => to('snapshots', { query: { kept: 'deleted' } }),
  /**
   * `segments`: names below the top, as text. `base64url`: the raw path where the text is not the whole truth. The address
   * ends with a slash: a folder named `conf.d` must not look like a file to a server that answers pages.
   */
  snapshotFolder: (snapshotId: string, segments: readonly string[] = [], base64url?: string) =>
    to('snapshot-folder', {
      params: { snapshotId, path: [...segments, ''] },
      ...(base64url === undefined ? {} : { query: { b: base64url } }),
    }),
  /**
   * The same of a private vault, whose names stand in no address: all its folders have one, and what tells them apart goes with the entry of the
   * browser's history. `sealedFolder`: a sign that says nothing to others. `force`: going on to the address that one is at already.
   */
  sealedFolder: (snapshotId: string, sealedFolder: string) => ({
    ...to('snapshot-folder', { params: { snapshotId, path: [''] } }),
    state: { sealedFolder },
    force: true,
  }),
  vaults: () => to('vaults'),
  vault: (vaultId: string) => to('vault', { params: { vaultId } }),
  people: () => to('people'),
  tokens: () => to('tokens'),
  audit: (query: Record<string, string> = {}) => to('audit', { query }),
  settings: (section?: 'account' | 'appearance' | 'system' | 'about') =>
    to('settings', section === undefined ? {} : { params: { section } }),
}
